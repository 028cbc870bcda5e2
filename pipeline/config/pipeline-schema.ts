import { z } from "zod";
import { group } from "./source-schema.ts";
import {
	choice,
	custom,
	duration,
	keys,
	list,
	needed,
	path,
	pattern,
	size,
	text,
	wholeNumber,
	wordings,
} from "./value-kinds.ts";

const batch = keys({
	count: wholeNumber(1, 1_000_000)
		.describe("The batch goes on when so many acquisitions are in it.")
		.meta({ examples: [50] })
		.optional(),
	bytes: size
		.describe("The batch goes on when so many bytes are in it.")
		.meta({ examples: ["1GB"] })
		.optional(),
	time: needed(
		duration({ zero: false })
			.describe("The batch goes on when so much time has passed since its first acquisition, full or not.")
			.meta({ examples: ["1h"] }),
		"a batch that is never filled would stall: it always needs a time after which it goes on as it is",
	),
});

const route = keys({
	match: pattern
		.describe(
			"Regular expression: only acquisitions whose path or name matches go on, the others are done for this pipeline.",
		)
		.meta({ examples: ["^plate-"] }),
});

/** A list item of `stages` is a map of one key: the stage's name. Stages of a configuration in TypeScript take no settings. */
function stage(customStages: readonly string[]) {
	const noSettings = z.strictObject({}).nullable().describe("A stage of this configuration.").optional();
	const shape = {
		group: group.describe("Waits for the acquisitions that belong together, and makes them one.").optional(),
		batch: batch.describe("Collects acquisitions, and makes them one.").optional(),
		route: route.describe("Lets only some acquisitions pass.").optional(),
		...Object.fromEntries(customStages.map((name) => [name, noSettings] as const)),
	};
	return keys(shape)
		.superRefine((value, context) => {
			const given = Object.keys(value);
			if (given.length === 1) return;
			const fix = `Begin a list item for each: ${given.length === 0 ? "- group: ..." : given.map((name) => `- ${name}: ...`).join("  ")}`;
			context.addIssue(custom("a list item of `stages` names exactly one stage", fix));
		})
		.meta({ minProperties: 1, maxProperties: 1 });
}

const analysis = z.union([
	path,
	keys({
		file: path
			.describe("The script or report, a folder of them, or a package's function as pkg::fun.")
			.meta({ examples: ["./analyses/elisa.R"] }),
		project: path
			.describe("The folder that belongs to it: its files, and the library of its renv.")
			.meta({ examples: ["./analyses/plates"] })
			.optional(),
		files: list(path)
			.describe("Files that belong to it: when one of them changes, it is another analysis.")
			.prefault([]),
	}),
]);
wordings.add(analysis, {
	expected: "the path of an R script, report or folder, a function as pkg::fun, or a map with file, files and project",
	fix: () => "Write for example ./analyses/elisa.R",
	path: true,
});

const retry = keys({
	attempts: wholeNumber(1, 100).describe("Attempts in all, the first one included.").prefault(3),
	backoff: duration({ zero: true })
		.describe("Delay before the second attempt; it doubles with each further one.")
		.prefault("5s"),
	maxBackoff: duration({ zero: true }).describe("The delay grows no further than this.").prefault("5m"),
	on: list(text)
		.describe(
			"Classes of R errors that may pass, beside watchrabbit_transient; every other error of an analysis ends its job.",
		)
		.meta({ examples: [["http_error", "odbc_error"]] })
		.prefault([]),
});

const params = z.record(z.string(), z.json());
wordings.add(params, {
	expected: "a map of names and values that JSON can hold",
	fix: () => "Write { name: value }; a missing value is null.",
});

export function pipeline(customStages: readonly string[]) {
	return keys({
		from: text.describe("The source whose acquisitions come in.").meta({ examples: ["plates"] }),
		stages: list(stage(customStages)).describe("Stages between source and analysis, in order.").prefault([]),
		analysis: analysis
			.describe(
				"What is run: an R script (.R), a report (.Rmd, .qmd), a folder with one of them and an renv.lock or DESCRIPTION, or a package's function (pkg::fun).",
			)
			.meta({ examples: ["./analyses/elisa.R", "./analyses/report.Rmd", "./analyses/plates", "mylab::fit_plate"] }),
		params: params
			.describe("Handed to the analysis as they are, types kept.")
			.meta({ examples: [{ model: "4PL" }] })
			.prefault({}),
		pool: text.describe("The pool of R workers that runs it.").prefault("default"),
		timeout: duration({ zero: false })
			.describe("An analysis that runs longer is ended; the pool's own when left out.")
			.optional(),
		priority: wholeNumber(0, 9).describe("Higher runs first; the pool's own when left out.").optional(),
		retry: retry.describe("What happens when it fails for a reason that may pass.").prefault({}),
	});
}

const packageName = text.regex(/^[A-Za-z][A-Za-z0-9.]*$/).meta({ examples: ["ggplot2"] });

const workers = z.union([
	wholeNumber(1, 256),
	keys({
		min: wholeNumber(1, 256).describe("So many at first, and always.").prefault(1),
		max: wholeNumber(1, 256)
			.describe("At most so many.")
			.meta({ examples: [8] }),
		wait: duration({ zero: false })
			.describe("When an analysis has waited this long for its turn, there is one more; one that idles goes.")
			.prefault("10s"),
	}).refine(({ min, max }) => min <= max, custom("min must not be above max", "Lower min, or raise max.")),
]);
wordings.add(workers, {
	expected: "a whole number from 1 to 256, or a map with min, max and wait",
	fix: (value) =>
		typeof value === "string" && /^[0-9]+$/.test(value)
			? `Write it without quotes: ${value}`
			: "Write a number from 1 to 256, or { min: 1, max: 8 }.",
});

const share = z.number().min(0.02).max(1);
wordings.add(share, {
	expected: "a number from 0.02 to 1",
	fix: () => "Write for example 0.25: a quarter of what others get.",
});

const recycle = keys({
	runs: wholeNumber(1, 1_000_000)
		.describe("A warm R is replaced after so many analyses; 2000 when left out.")
		.optional(),
	memory: size
		.describe("A warm R that takes more memory than this between two analyses is replaced.")
		.meta({ examples: ["1GB"] })
		.optional(),
});

export const pool = keys({
	workers: workers
		.describe("Analyses that run at the same time: a number, or two bounds between which it follows the queue.")
		.meta({ examples: [{ min: 1, max: 8, wait: "10s" }] })
		.prefault(2),
	engine: choice(["auto", "fork", "spare", "wasm"])
		.describe(
			"fork: the R of this machine, a fork of a warm one for each run; spare: the same, a warm one of its own for each run, for packages that cannot be forked (arrow, rJava); wasm: R in WebAssembly, no installation needed; auto: fork where R is found, else wasm.",
		)
		.prefault("auto"),
	preload: list(packageName)
		.describe("R packages loaded once, before the first analysis, instead of by each.")
		.meta({ examples: [["ggplot2"]] })
		.prefault([]),
	memory: size
		.describe("Memory limit of one analysis; none when left out.")
		.meta({ examples: ["2GB"] })
		.optional(),
	output: size.describe("An analysis that prints more than this is ended.").prefault("64MB"),
	disk: size
		.describe("An analysis whose files, temporary ones included, take more than this is ended; no limit when left out.")
		.meta({ examples: ["20GB"] })
		.optional(),
	openFiles: wholeNumber(64, 1_048_576)
		.describe("Files and connections that one analysis may have open at once.")
		.prefault(1024),
	timeout: duration({ zero: false })
		.describe("An analysis that runs longer is ended, where its pipeline says nothing else.")
		.prefault("10m"),
	priority: wholeNumber(0, 9)
		.describe("Higher runs first among what waits for this pool, where the pipeline says nothing else.")
		.prefault(5),
	cpuShare: share
		.describe("What one analysis gets of a core that others want as well, beside 1 for each of them.")
		.meta({ examples: [0.25] })
		.prefault(1),
	environment: list(text)
		.describe(
			"Environment variables that analyses see, beside those of R, of its packages and of proxies; DB_* stands for all that begin so.",
		)
		.meta({ examples: [["ODBCINI", "DB_*"]] })
		.prefault([]),
	libraries: list(path)
		.describe("Directories of R packages, looked through before those that R knows.")
		.meta({ examples: [["/opt/lab/R-library"]] })
		.prefault([]),
	recycle: recycle.describe("When a warm R is replaced by a new one.").prefault({}),
	rscript: path
		.describe("The Rscript to use; looked up in PATH when left out.")
		.meta({ examples: ["/opt/R/4.5/bin/Rscript"] })
		.optional(),
});
