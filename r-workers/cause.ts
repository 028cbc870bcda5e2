import type { ErrorClass } from "#core/errors.ts";
import type { AttemptCause } from "#domain/job.ts";
import type { EngineName } from "./engine.ts";
import type { EndedBy, RunEnd } from "./run-end.ts";

/** How the R side tells why a run did not complete. */
export interface RCause {
	readonly code: "R_ERROR" | "R_NOT_READY" | keyof typeof fixes;
	readonly message: string;
	readonly call?: string;
	readonly conditionClass?: readonly string[];
	readonly traceback?: readonly string[];
}

const outOfMemory =
	/cannot allocate (?:vector|memory|buffer)|vector memory (?:exhausted|limit)|memory exhausted|std::bad_alloc|cannot allocate memory/i;
const memoryFix = "Raise the pool's `memory`, or read less of the input at a time.";

/** What R itself said; told once more where the message alone does not say what to do. */
export function causeFromR(cause: RCause, engine: EngineName): AttemptCause {
	if (cause.code === "R_ERROR" && outOfMemory.test(cause.message)) {
		return { ...cause, class: "permanent", code: "R_MEMORY", fix: memoryFix };
	}
	const fix = fixFor(cause, engine);
	const mayPass = cause.code === "R_NOT_READY" || cause.conditionClass?.includes("watchrabbit_transient") === true;
	return { ...cause, class: mayPass ? "transient" : "permanent", ...(fix && { fix }) };
}

const recursionFix = "See whether a function calls itself without end.";

function fixFor({ code, message, conditionClass }: RCause, engine: EngineName): string | undefined {
	const packageName = /there is no package called .(.+?).$/.exec(message)?.[1];
	if (packageName !== undefined) {
		return engine === "wasm"
			? `Install R and ${packageName} on this machine: webR brings R's own packages only.`
			: `Install it for this R: install.packages("${packageName}").`;
	}
	if (conditionClass?.includes("stackOverflowError")) {
		return recursionFix;
	}
	return fixes[code as keyof typeof fixes];
}

const fixes = {
	R_SYNTAX: "Correct the script at the line and column that the message names.",
	SCRIPT_MISSING: "Put the script back, or correct `analysis` in the configuration.",
	R_QUIT: "See the log: the script ended itself with a status that says failure.",
	R_PARAMS: "Correct the pipeline's `params`, or what the analysis declares.",
	R_PANDOC_MISSING:
		"Install pandoc on this machine (Debian, Ubuntu: apt install pandoc), or point RSTUDIO_PANDOC to it.",
	R_QUARTO_MISSING: "Install quarto on this machine (quarto.org), or point QUARTO_PATH to it.",
	R_QUARTO: "See the log for what quarto says.",
	R_LIBRARY:
		"Install them for this R: renv::restore() in the folder where it has an renv.lock, else install.packages().",
	R_NO_ANALYZE: "Put a script or a report into the folder, or define analyze(inputs, params, out) in its R/.",
} as const;

/** Why a run ended that could not say so itself. */
export function causeOfEnd(end: RunEnd, log: string): AttemptCause {
	if (end.how === "said") return gone("R_CRASHED", "transient", "R said that it was done, and left no record");
	return end.how === "vanished" ? causeOfVanishing(end, log) : causeOfOurs(end.how);
}

function causeOfOurs(by: EndedBy): AttemptCause {
	if (by.kind === "timeout") {
		return gone(
			"R_TIMEOUT",
			"permanent",
			`killed by us: it ran longer than its timeout of ${by.ms / 1000} s`,
			"Raise the pipeline's `timeout`, or see in the log where the script stands still.",
		);
	}
	if (by.kind === "output") {
		return gone(
			"R_OUTPUT_LIMIT",
			"permanent",
			`killed by us: it printed more than ${by.limitBytes} bytes`,
			"Print less, or raise the pool's `output`; results belong into files.",
		);
	}
	if (by.kind === "disk") {
		return gone(
			"R_DISK_LIMIT",
			"permanent",
			`its files, temporary ones included, took more than ${by.limitBytes} bytes`,
			"Write less, remove temporary files when they are done with, or raise the pool's `disk`.",
		);
	}
	return gone("R_KILLED", "transient", `killed by us: ${by.reason}`);
}

/** What Node prints when webR breaks, R when it catches a fatal signal, and the C library when it gives up. */
const crashed =
	/^\w+ \[RuntimeError\]: (.*)$|\*\*\* caught (\w+(?: \w+)?) \*\*\*|^(terminate called .*|.*stack smashing detected.*|(?:free|malloc|realloc|munmap_chunk)\(\): .*|double free or corruption.*|.*: Assertion .* failed\.?)$/m;

/** R's own last words, and those of webR. */
const halted = /^(?:Execution halted|UnwindProtectException: .*)\s*$/m;

/** R without room on its stack calls no handler, and halts. */
const overflowed = /^Error: (C stack usage .* is too close to the limit|evaluation nested too deeply: .*)$/m;

function causeOfVanishing(end: RunEnd, log: string): AttemptCause {
	const crash = crashed.exec(log.slice(-20_000));
	if (crash !== null) {
		return gone(
			"R_CRASHED",
			"transient",
			`R crashed: ${crash.slice(1).find((what) => what !== undefined)}`,
			"See the end of the log for where it was; compiled code of a package is the usual cause.",
		);
	}
	if (halted.test(log.slice(-2_000))) {
		const overflow = overflowed.exec(log.slice(-4_000))?.[1];
		if (overflow !== undefined) {
			return {
				...gone("R_ERROR", "permanent", overflow, recursionFix),
				conditionClass: ["stackOverflowError", "error"],
			};
		}
		const fix = "See the end of the log: the script changed what R itself needs, or an error could not be handled.";
		return gone("R_CRASHED", "transient", "R halted without telling how the run ended", fix);
	}
	const kernel =
		end.oomKills > 0
			? "the kernel's out-of-memory killer, which was at work on this machine meanwhile"
			: `kill -9, a job scheduler, ${largestFile(end)}or compiled code that called exit`;
	const fix = end.oomKills > 0 ? "Give the pool a `memory` limit or fewer workers." : undefined;
	return gone("R_KILLED", "transient", `the R process ended without a word, not by us: ${kernel}`, fix);
}

function largestFile({ largestFileBytes }: RunEnd): string {
	return largestFileBytes === undefined ? "" : `a file elsewhere that reached ${largestFileBytes} bytes (\`disk\`), `;
}

function gone(code: string, kind: ErrorClass, message: string, fix?: string): AttemptCause {
	return { class: kind, code, message, ...(fix !== undefined && { fix }) };
}
