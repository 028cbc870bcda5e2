import type { AnalysisRecord, AnalysisRequest } from "#core/ports/analysis-pool.ts";

/** A job as it is drawn: what it does, and what has to be told of it. */
export interface RJob {
	readonly kind: string;
	readonly script: string;
	readonly given?: Partial<AnalysisRequest>;
	/** Its lease is lost so long after it was asked for. */
	readonly cancelAfterMs?: number;
	/** What its record says, if it was not taken back. */
	readonly expected: Expected;
}

export type Expected = Partial<Pick<AnalysisRecord, "outcome" | "warnings">> & {
	/** `code class`; undefined for one that completes. */
	readonly cause: string | undefined;
	readonly message?: string;
	readonly value?: number;
	readonly log?: RegExp;
	readonly artifact?: { readonly name: string; readonly size: number };
};

export type Random = () => number;
type Draw = (random: Random) => Omit<RJob, "kind">;

/** What a job that spawns leaves behind sleeps for so many seconds: by that it is known as ours, wherever it hides. */
export const leftBehindSleeps = `98765.${process.pid}`;
export const poolMemoryBytes = 300 * 2 ** 20;
export const poolOutputBytes = 2_000_000;

/** The number that a healthy R gives, and the seed that it is given. */
export const plainJob = {
	script: "set.seed(42); wr_measure('sum', sum(rnorm(100))); wr_measure('pi', 4 * atan(1))",
	/** sum(rnorm(100)) after set.seed(42), as any R since 3.6 prints it with 15 digits. */
	sum: 3.25148156130118,
};

const completes = { outcome: "completed", cause: undefined } as const;
const fails = (cause: string) => ({ outcome: "failed", cause }) as const;
const whole = (random: Random, from: number, to: number) => from + Math.floor(random() * (to - from + 1));
const oneOf = <T>(random: Random, items: readonly T[]): T => items[whole(random, 0, items.length - 1)] as T;

const succeed: Draw = (random) => {
	const n = whole(random, 1, 1_000);
	return {
		script: `wr_measure("twice", 2 * ${n})\ncat("done\\n")`,
		expected: { ...completes, value: 2 * n, log: /^done\n$/ },
	};
};

const warn: Draw = (random) => {
	const n = whole(random, 1, 99);
	const script = `f <- function(x) warning("odd well ", x)\nf(${n})\nwr_measure("n", ${n})`;
	return { script, expected: { ...completes, value: n, warnings: [`In f(${n}) : odd well ${n}`] } };
};

const stop: Draw = (random) => {
	const [call, message, cause] = oneOf(random, [
		['stop("no convergence")', "no convergence", "R_ERROR permanent"],
		["log(-1)[[2]]", "subscript out of bounds", "R_ERROR permanent"],
		['stop(errorCondition("share away", class = "watchrabbit_transient"))', "share away", "R_ERROR transient"],
		[
			'tryCatch(stop("inner"), error = function(e) stop("outer: ", conditionMessage(e)))',
			"outer: inner",
			"R_ERROR permanent",
		],
	]);
	return {
		script: `f <- function() ${call}\nsuppressWarnings(f())`,
		expected: { ...fails(cause), message, log: /^Error/ },
	};
};

const quit: Draw = (random) => {
	const status = whole(random, 0, 3);
	const script = `wr_measure("before", 1)\ntryCatch(${oneOf(random, ["q", "quit", "base::quit"])}(status = ${status}), finally = cat("bye\\n"))\nstop("never")`;
	return { script, expected: status === 0 ? { ...completes, value: 1 } : { ...fails("R_QUIT permanent"), log: /bye/ } };
};

const notReady: Draw = () => ({
	script: 'wr_not_ready("footer missing", retry_after = 1)',
	expected: { outcome: "not-ready", cause: "R_NOT_READY transient", message: "footer missing" },
});

const segfault: Draw = (random) => ({
	script: `cat("here\\n")\n${oneOf(random, ["", "for (i in 1:3) gc()\n", "Sys.sleep(0.1)\n"])}tools::pskill(Sys.getpid(), 11L)\nSys.sleep(5)`,
	expected: { ...fails("R_CRASHED transient"), log: /^here\n/ },
});

const killed: Draw = () => ({
	script: "tools::pskill(Sys.getpid(), 9L)\nSys.sleep(5)",
	expected: fails("R_KILLED transient"),
});

const loop: Draw = (random) => ({
	script: `cat("in\\n")\n${oneOf(random, ["repeat {}", "Sys.sleep(1e5)", "repeat try(stop(), silent = TRUE)", "x <- stats::filter(rep(1, 4e6), rep(1, 2e6))"])}`,
	given: { timeoutMs: whole(random, 300, 1_500) },
	expected: { ...fails("R_TIMEOUT permanent"), log: /^(in\n)?$/ },
});

const hog: Draw = (random) => ({
	script: `x <- list()\nrepeat x[[length(x) + 1]] <- ${oneOf(random, ["numeric(4e6) + 1", 'rep("a", 4e6)', "raw(5e7)"])}`,
	expected: fails("R_MEMORY permanent"),
});

const flood: Draw = (random) => {
	const line = `cat(strrep("0123456789", ${whole(random, 5, 500)}), "\\n")`;
	if (random() < 0.5)
		return {
			script: `cat("head\\n")\nrepeat ${line}`,
			expected: { ...fails("R_OUTPUT_LIMIT permanent"), log: /^head\n/ },
		};
	const script = `cat("head\\n")\nfor (i in 1:300) ${line}\ncat("tail\\n")\nwr_measure("n", 300)`;
	return { script, expected: { ...completes, value: 300, log: /^head\n(.|\n)*tail\n$/ } };
};

const writeMuch: Draw = () => ({
	script: `con <- file(file.path(commandArgs(TRUE), "big.bin"), "wb")\nfor (i in 1:100) writeBin(raw(1e6), con)\nclose(con)`,
	expected: { ...completes, artifact: { name: "big.bin", size: 100_000_000 } },
});

const printBinary: Draw = (random) => ({
	script: `cat("a\\xff\\xfe", rawToChar(as.raw(c(200:255, 30, 10, 127, 1))), sep = "")\nmessage("\\u00b5g ", rawToChar(as.raw(c(0xe2, 0x82))))\nwr_measure("n", ${whole(random, 5, 5)})`,
	expected: { ...completes, value: 5, log: /^a\ufffd\ufffd/ },
});

const changeEverything: Draw = () => ({
	script: `
		options(digits = 3, OutDec = ",", scipen = 99, warn = 1, encoding = "latin1", keep.source = FALSE, expressions = 100)
		Sys.setenv(TMPDIR = "/", LANG = "de_DE", WATCHRABBIT_SLOT = "none", WATCHRABBIT_RUN = "none", PATH = "")
		Sys.setlocale("LC_ALL", "C"); RNGkind("Wichmann-Hill"); set.seed(1)
		attach(list(leak = 1), warn.conflicts = FALSE); setwd("/")
		assign("paste0", function(...) stop("spoiled"), envir = globalenv()); print <- cat <- function(...) stop("spoiled")
		for (name in c("sample", "mean", "rnorm")) assign(name, function(...) stop("spoiled"), globalenv())
		.Last <- function() stop("at the end"); pdf(NULL); sink(tempfile()); file(tempfile(), "w")
		wr_measure("n", 0.5)`,
	expected: { ...completes, value: 0.5 },
});

const breakR: Draw = (random) => {
	const names = oneOf(random, [["c", "cat", "paste0"], ["file", "writeLines"], ["close"]]);
	const spoiled = names.map((name) => `"${name}"`).join(", ");
	return {
		script: `for (name in c(${spoiled})) { unlockBinding(name, baseenv()); assign(name, function(...) base::stop("spoiled"), baseenv()) }`,
		expected: fails("R_CRASHED transient"),
	};
};

const cancelled: Draw = (random) => ({
	script: oneOf(random, ["repeat {}", "Sys.sleep(1e5)"]),
	cancelAfterMs: whole(random, 1, 600),
	expected: { ...fails("R_KILLED transient") },
});

const spawn: Draw = (random) => {
	const sleep = `sleep ${leftBehindSleeps}`;
	const left = oneOf(random, [
		`system("${sleep} &")`,
		`system("setsid ${sleep} > /dev/null 2>&1 &")`,
		`system("(setsid sh -c '${sleep} & ${sleep}' &) > /dev/null 2>&1")`,
		`system2("nohup", c("setsid", "${sleep}"), wait = FALSE, stdout = FALSE, stderr = FALSE)`,
		`{ parallel::mcparallel(system("${sleep}"), detached = TRUE); Sys.sleep(0.1) }`,
	]);
	return { script: `invisible(${left})\nwr_measure("n", 7)`, expected: { ...completes, value: 7 } };
};

/** Neither of its session nor with anything of its environment. */
const hide: Draw = () => ({
	script: `system("env -i /usr/bin/setsid /bin/sleep ${leftBehindSleeps} > /dev/null 2>&1 < /dev/null &")\nSys.sleep(0.2)\nwr_measure("n", 8)`,
	expected: { ...completes, value: 8 },
});

/** The warm R that forked it, and none else: the parent of a spare one would be this process. */
const killParent: Draw = () => ({
	script: `
		parent <- strsplit(sub(".*[)] ", "", readLines("/proc/self/stat")), " ")[[1]][[2]]
		stopifnot(any(grepl("fork.R", readLines(file.path("/proc", parent, "cmdline"), warn = FALSE, skipNul = TRUE), fixed = TRUE)))
		tools::pskill(as.integer(parent), 9L)
		Sys.sleep(60)`,
	expected: fails("R_KILLED transient"),
});

const everywhere: Readonly<Record<string, readonly [weight: number, Draw]>> = {
	succeed: [6, succeed],
	warn: [4, warn],
	stop: [5, stop],
	quit: [4, quit],
	"not ready": [2, notReady],
	segfault: [3, segfault],
	killed: [2, killed],
	loop: [4, loop],
	hog: [2, hog],
	flood: [3, flood],
	"write 100 MB": [1, writeMuch],
	"print binary": [3, printBinary],
	"change everything": [4, changeEverything],
	"break R": [2, breakR],
	cancelled: [4, cancelled],
};
const whereProgramsAre = { spawn: [5, spawn], hide: [2, hide] } as const;
const whereForked = { "kill its parent": [2, killParent] } as const;

const kindsOf = {
	fork: { ...everywhere, ...whereProgramsAre, ...whereForked },
	spare: { ...everywhere, ...whereProgramsAre },
	wasm: everywhere,
} as const;

/** Each kind once, and then at random by weight. */
export function drawJobs(engine: keyof typeof kindsOf, count: number, random: Random): readonly RJob[] {
	const kinds = Object.entries<readonly [number, Draw]>(kindsOf[engine]);
	const weighted = kinds.flatMap(([kind, [weight, draw]]) =>
		Array.from({ length: weight }, () => [kind, draw] as const),
	);
	return Array.from({ length: count }, (_, i) => {
		const [kind, draw] =
			i < kinds.length ? [kinds[i]?.[0] ?? "", kinds[i]?.[1][1] ?? succeed] : oneOf(random, weighted);
		return { kind, ...draw(random) };
	});
}
