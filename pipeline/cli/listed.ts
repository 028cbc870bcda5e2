import type { Filter, JobRow } from "#core/ports/catalog-rows.ts";
import { pageOfFiles } from "#domain/file-pages.ts";
import { fileStates } from "#domain/file-state.ts";
import { jobStates } from "#domain/job.ts";
import { displayPath } from "#domain/path.ts";
import { progressInWords } from "#domain/progress-in-words.ts";
import {
	type FileResource,
	isoTime,
	type JobResource,
	jobResource,
	type ResultResource,
	resultResource,
	type SourceResource,
	sourceResource,
} from "#domain/resources.ts";
import { watchModeOf } from "#domain/watch-mode.ts";
import type { Workbench } from "./application.ts";
import { mapped, rowsOf } from "./listing.ts";
import { coloured } from "./state-colour.ts";
import type { Column } from "./table.ts";
import { oneLine, type Terminal } from "./terminal.ts";
import { bytes, localTime, quantity, span } from "./words.ts";

/** One of the things that `list` can list: its rows are the API's resources, its columns are for people. */
export interface Listed {
	readonly name: string;
	readonly filters: readonly ("source" | "pipeline" | "state" | "since")[];
	readonly states: readonly string[];
	/** Said instead of an empty table. */
	readonly none: string;
	readonly rows: (workbench: Workbench, filter: Filter, limit: number) => AsyncIterable<object>;
	/** What a person wants to see of each row besides its fields. */
	readonly annotate?: (workbench: Workbench, row: object) => Promise<object>;
	readonly columns: (terminal: Terminal) => readonly Column<object>[];
}

const time = (iso: string | null) => (iso === null ? "" : localTime(Date.parse(iso)));

/** Ties a listing's rows to its columns, and forgets the type of the rows. */
function listed<Row extends object, Annotated extends Row = Row>(
	declaration: Omit<Listed, "rows" | "annotate" | "columns"> & {
		readonly rows: (workbench: Workbench, filter: Filter, limit: number) => AsyncIterable<Row>;
		readonly annotate?: (workbench: Workbench, row: Row) => Promise<Annotated>;
		readonly columns: (terminal: Terminal) => readonly Column<Annotated>[];
	},
): Listed {
	return declaration as unknown as Listed;
}

const sources = listed<SourceResource>({
	name: "sources",
	filters: [],
	states: [],
	none: "no sources are configured",
	rows: async function* ({ settings, ledger }, _filter, limit) {
		for (const source of settings.sources.slice(0, limit)) {
			yield sourceResource(source, watchModeOf(ledger, source.name));
		}
	},
	columns: (terminal) => [
		{ title: "SOURCE", cell: ({ name }) => name },
		{ title: "MODE", cell: ({ mode }) => coloured(mode ?? "not started", terminal) },
		{ title: "ACQUISITION", cell: ({ acquisition }) => acquisition },
		{ title: "QUIET", cell: ({ quietMs }) => span(quietMs) },
		{ title: "INCLUDE", cell: ({ include }) => include.join(" ") },
		{ title: "WATCHES", cell: ({ watch }) => displayPath(watch), shrinks: true },
		{ title: "WHY THIS MODE", cell: ({ modeReason }) => modeReason ?? "", shrinks: true },
	],
});

const files = listed<FileResource>({
	name: "files",
	filters: ["source", "state"],
	states: fileStates,
	none: "no files are known",
	rows: ({ ledger, catalog, settings }, filter, limit) => {
		const sources = settings.sources.map(({ name }) => name);
		return rowsOf(
			(request) => pageOfFiles({ ledger, catalog, sources, scope: "everything", now: Date.now() }, request),
			filter,
			limit,
		);
	},
	columns: (terminal) => [
		{ title: "STATE", cell: ({ state }) => coloured(state, terminal) },
		{ title: "SOURCE", cell: ({ source }) => source },
		{ title: "SIZE", cell: ({ size }) => bytes(size), align: "right" },
		{ title: "CHANGED", cell: ({ changedAt }) => time(changedAt) },
		{ title: "PATH", cell: ({ path }) => displayPath(path) },
		{
			title: "WHY",
			cell: ({ reason, goneAt, toldBy, watchedBy }) => {
				const watchedElsewhere = toldBy === "catalog" ? `watched by ${watchedBy ?? "another host"}` : [];
				return [goneAt === null ? [] : "no longer there", reason ?? [], watchedElsewhere]
					.flat()
					.map(oneLine)
					.join("; ");
			},
			shrinks: true,
		},
	],
});

/** A job's id says nothing to a person, the name of what it is for does. */
type NamedJob = JobResource & { readonly key: string };

async function named({ catalog }: Workbench, job: JobResource): Promise<NamedJob> {
	return { ...job, key: (await catalog.acquisition(job.acquisition))?.key ?? "" };
}

const jobColumns = (terminal: Terminal): readonly Column<NamedJob>[] => [
	{ title: "STATE", cell: ({ state }) => coloured(state, terminal) },
	{ title: "PIPELINE", cell: ({ pipeline }) => pipeline },
	{ title: "ACQUISITION", cell: ({ key }) => displayPath(key), shrinks: true },
	{ title: "ATTEMPTS", cell: ({ attemptsUsed, attemptsAllowed }) => `${attemptsUsed} of ${attemptsAllowed}` },
	{ title: "UPDATED", cell: ({ updatedAt }) => time(updatedAt) },
	{ title: "JOB", cell: ({ id }) => id },
	{
		title: "WHY",
		cell: ({ cause, progress }) => {
			if (progress !== null) return oneLine(progressInWords(progress));
			return cause === null ? "" : oneLine(`${cause.code}: ${cause.message}`);
		},
		shrinks: true,
	},
];

const jobs = listed<JobResource, NamedJob>({
	name: "jobs",
	filters: ["source", "pipeline", "state", "since"],
	states: jobStates,
	none: "no jobs yet",
	rows: jobRows,
	annotate: named,
	columns: jobColumns,
});

const results = listed<ResultResource>({
	name: "results",
	filters: ["source", "pipeline", "state", "since"],
	states: ["current", "superseded"],
	none: "no results yet",
	rows: ({ catalog }, filter, limit) =>
		mapped(
			rowsOf((request) => catalog.results(request), filter, limit),
			resultResource,
		),
	columns: (terminal) => [
		{ title: "COMPLETED", cell: ({ completedAt }) => time(completedAt) },
		{ title: "PIPELINE", cell: ({ pipeline }) => pipeline },
		{ title: "STATE", cell: ({ state }) => coloured(state, terminal) },
		{ title: "ACQUISITION", cell: ({ acquisition }) => displayPath(acquisition.key), shrinks: true },
		{ title: "RESULT", cell: ({ id }) => id },
		{ title: "MEASUREMENTS", cell: ({ measurements }) => measured(measurements), shrinks: true },
	],
});

/** Dead jobs first, then the messages that nobody could read. */
const dead = listed<JobResource | LetterRow, NamedJob | LetterRow>({
	name: "dead",
	filters: ["source", "pipeline", "since"],
	states: [],
	none: "nothing is dead",
	rows: async function* (workbench, filter, limit) {
		let count = 0;
		for await (const job of jobRows(workbench, { ...filter, state: ["dead"] }, limit)) {
			count++;
			yield job;
		}
		if (filter.source !== undefined || filter.pipeline !== undefined) return;
		const letters = (await workbench.queue.deadLetters()).filter(({ at }) => at >= (filter.since ?? 0));
		for (const letter of letters.slice(0, limit - count)) yield { ...letter, at: isoTime(letter.at) };
	},
	annotate: async (workbench, row) => ("body" in row ? row : await named(workbench, row)),
	columns: () => [
		{ title: "DEAD SINCE", cell: (row) => time("body" in row ? row.at : row.updatedAt) },
		{ title: "FROM", cell: (row) => ("body" in row ? row.queue : row.pipeline) },
		{ title: "ACQUISITION", cell: (row) => ("body" in row ? "" : displayPath(row.key)) },
		{ title: "ID", cell: ({ id }) => id },
		{
			title: "WHY",
			cell: (row) => oneLine("body" in row ? row.reason : `${row.cause?.code}: ${row.cause?.message}`),
			shrinks: true,
		},
	],
});

interface LetterRow {
	readonly id: string;
	readonly queue: string;
	readonly body: string;
	readonly reason: string;
	readonly at: string;
}

function jobRows({ catalog }: Workbench, filter: Filter, limit: number): AsyncGenerator<JobResource> {
	return mapped<JobRow, JobResource>(
		rowsOf((request) => catalog.jobs(request), filter, limit),
		jobResource,
	);
}

function measured(measurements: ResultResource["measurements"]): string {
	return measurements.map(({ name, value, unit }) => oneLine(`${name} ${quantity(value, unit)}`)).join(", ");
}

export const listings = { files, jobs, results, dead, sources };
