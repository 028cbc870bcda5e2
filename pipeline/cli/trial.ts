import type { AnalysisKind, AnalysisRecord } from "#core/ports/analysis-pool.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import { manyLines, oneLine, processTerminal, type Terminal } from "./terminal.ts";
import { bytes, limits, quantity } from "./words.ts";

export interface Trial {
	readonly record: AnalysisRecord;
	readonly pipeline: PipelineSettings;
	readonly input: string;
	/** Why this engine. */
	readonly why: string;
}

const kinds: Readonly<Record<AnalysisKind, string>> = {
	script: "a script: it is no report, and defines no analyze()",
	function: "a function: it defines analyze()",
	"package-function": "a function of a package: its name says so",
	rmarkdown: "an R Markdown report: it ends with .Rmd",
	quarto: "a Quarto report: it ends with .qmd",
	spin: "a report for knitr::spin: a script that begins with a header in comments",
};

function kindInWords({ kind }: AnalysisRecord): string {
	return kind === undefined ? "ended before it was known what it is" : kinds[kind];
}

/** What came of trying an analysis: log, measurements, tables, artifacts, warnings, and the error with its traceback. */
export async function showTrial(trial: Trial, json: boolean, terminal: Terminal = processTerminal()): Promise<void> {
	await terminal.print(json ? `${JSON.stringify(asJson(trial))}\n` : asText(trial, terminal));
}

function asJson({ record, pipeline, input }: Trial) {
	const { outcome, cause, kind, engine, seconds, measurements, tables, warnings, log } = record;
	const artifacts = record.artifacts.map(({ name, mediaType, size, sha256 }) => ({ name, mediaType, size, sha256 }));
	return {
		pipeline: pipeline.name,
		input,
		outcome,
		cause: cause ?? null,
		kind: kind ?? null,
		engine,
		seconds,
		measurements,
		tables,
		artifacts,
		warnings,
		log,
	};
}

function asText({ record, pipeline, input, why }: Trial, terminal: Terminal): string {
	const { bold, green, red, dim } = terminal.colours;
	const sections = [
		`${bold(pipeline.name)} on ${input}`,
		dim(
			`${pipeline.analysis.file} (${kindInWords(record)}), engine ${record.engine} (${why}), ${record.seconds.toFixed(2)} s`,
		),
		section("log", record.log.trimEnd() === "" ? [] : manyLines(record.log.trimEnd()).split("\n")),
		section(
			"measurements",
			record.measurements.map(({ name, value, unit, lower, upper }) => {
				const within = limits(lower, upper);
				return `${name} = ${quantity(value, unit)}${within === "" ? "" : ` (${within})`}`;
			}),
		),
		section(
			"tables",
			record.tables.map(
				({ name, rows, columns }) => `${name}: ${rows} rows of ${columns.map((column) => column.name).join(", ")}`,
			),
		),
		section(
			"artifacts",
			record.artifacts.map(({ name, mediaType, size }) => `${name} (${mediaType}, ${bytes(size)})`),
		),
		section("warnings", record.warnings.map(oneLine)),
		section("traceback", record.cause?.traceback?.map(oneLine) ?? []),
		record.cause === undefined
			? green("completed; nothing was stored")
			: red(
					`${record.outcome}: ${record.cause.code}: ${manyLines(record.cause.message)}${record.cause.call === undefined ? "" : ` (in ${oneLine(record.cause.call)})`}`,
				),
		record.cause?.fix === undefined ? "" : `→ ${record.cause.fix}`,
	];
	return `${sections.filter((each) => each !== "").join("\n")}\n`;

	function section(title: string, lines: readonly string[]): string {
		return lines.length === 0 ? "" : [`${bold(title)}`, ...lines.map((line) => `  ${line}`)].join("\n");
	}
}
