import { counted } from "#domain/counted.ts";
import type { AcquisitionDetail, JobDetail, ResultDetail } from "#domain/details.ts";
import type { AttemptCause } from "#domain/job.ts";
import { displayPath } from "#domain/path.ts";
import { progressInWords } from "#domain/progress-in-words.ts";
import type { AcquisitionResource, AttemptResource, ResultResource } from "#domain/resources.ts";
import { whyNoMore } from "./attempts.ts";
import { lastRun } from "./last-run.ts";
import { coloured } from "./state-colour.ts";
import { facts, table } from "./table.ts";
import { manyLines, oneLine, type Terminal } from "./terminal.ts";
import { bytes, limits, localTime, quantity, span } from "./words.ts";

/** A job, a result, an acquisition as text for people: what it is, then what belongs to it, section by section. */

const logLines = 20;
const listedMembers = 20;

export function jobText(
	job: JobDetail,
	acquisition: AcquisitionDetail | undefined,
	log: string,
	terminal: Terminal,
): string {
	const header = facts(
		[
			["job", job.id],
			["state", coloured(job.state, terminal)],
			["progress", job.progress === null ? undefined : oneLine(progressInWords(job.progress))],
			["pipeline", job.pipeline],
			["source", job.source],
			["acquisition", acquisition && `${displayPath(acquisition.key)}  ${terminal.colours.dim(acquisition.id)}`],
			["analysis", `${displayPath(job.analysis.file)}  ${terminal.colours.dim(job.analysis.digest.slice(0, 12))}`],
			["parameters", Object.keys(job.params).length === 0 ? undefined : oneLine(JSON.stringify(job.params))],
			["attempts", `${job.attemptsUsed} of ${job.attemptsAllowed}${whyNoMore(job)}`],
			["again at", time(job.runAfter)],
			["worker", job.worker ?? undefined],
			["result", job.result ?? undefined],
			["made", time(job.createdAt)],
			["updated", time(job.updatedAt)],
			["trace", job.traceId],
		],
		terminal,
	);
	return sections(
		terminal,
		["", header],
		["Cause", job.cause === null || job.state === "completed" ? "" : causeText(job.cause, terminal)],
		["Attempts", job.attempts.length === 0 ? "" : attemptTable(job.attempts, terminal)],
		...lastRun(job, terminal),
		["History", historyText(job.history, terminal)],
		logSection(log),
	);
}

export function resultText(result: ResultDetail, log: string, terminal: Terminal): string {
	const header = facts(
		[
			["result", result.id],
			["state", coloured(result.state, terminal)],
			["superseded by", result.supersededBy ?? undefined],
			["pipeline", result.pipeline],
			["source", result.source],
			["acquisition", `${displayPath(result.acquisition.key)}  ${terminal.colours.dim(result.acquisition.id)}`],
			["job", result.job],
			["completed", time(result.completedAt)],
			["took", span(result.seconds * 1000)],
			["manifest", `sha256 ${result.manifestSha256}`],
			["trace", result.traceId],
		],
		terminal,
	);
	return sections(
		terminal,
		["", header],
		["Measurements", measurementTable(result.measurements, terminal)],
		["Tables", tableTable(result.tables, terminal)],
		["Artifacts", artifactTable(result.artifacts, terminal)],
		["Members", memberTable(result.acquisition.members, terminal)],
		["History", historyText(result.history, terminal)],
		logSection(log),
	);
}

export function acquisitionText(acquisition: AcquisitionDetail, terminal: Terminal): string {
	const captures = Object.entries(acquisition.captures).map(([name, value]) => `${name}=${value}`);
	const header = facts(
		[
			["acquisition", acquisition.id],
			["key", displayPath(acquisition.key)],
			["source", acquisition.source],
			["kind", acquisition.kind],
			["version", String(acquisition.version)],
			["superseded by", acquisition.supersededBy ?? undefined],
			["captures", oneLine(captures.join(" "))],
			["incomplete", acquisition.incomplete ?? undefined],
			["note", acquisition.note ?? undefined],
			["safe to delete since", time(acquisition.safeToDeleteSince)],
			["size", `${bytes(acquisition.bytes)} in ${counted(acquisition.members.length, "file")}`],
			["acquired", time(acquisition.acquiredAt)],
			["settled", time(acquisition.settledAt)],
			["trace", acquisition.traceId],
		],
		terminal,
	);
	return sections(
		terminal,
		["", header],
		["Members", memberTable(acquisition.members, terminal)],
		["Jobs", jobTable(acquisition.jobs, terminal)],
		["History", historyText(acquisition.history, terminal)],
	);
}

function causeText(cause: AttemptCause, terminal: Terminal): string {
	const lines = [
		`${terminal.colours.red(cause.code)}  ${manyLines(cause.message)}`,
		cause.call === undefined ? [] : `in ${manyLines(cause.call)}`,
		cause.traceback === undefined || cause.traceback.length === 0
			? []
			: ["traceback", ...cause.traceback.map((frame) => `  ${oneLine(frame)}`)],
		cause.fix === undefined ? [] : `${terminal.colours.bold("→")} ${cause.fix}`,
	];
	return `${lines.flat().join("\n")}\n`;
}

function attemptTable(attempts: readonly AttemptResource[], terminal: Terminal): string {
	return table(
		attempts,
		[
			{ title: "#", cell: ({ number }) => String(number), align: "right" },
			{ title: "STARTED", cell: ({ startedAt }) => time(startedAt) ?? "" },
			{ title: "TOOK", cell: ({ seconds }) => (seconds === null ? "" : span(seconds * 1000)), align: "right" },
			{ title: "OUTCOME", cell: ({ outcome }) => coloured(outcome ?? "running", terminal) },
			{ title: "WORKER", cell: ({ worker }) => worker },
			{
				title: "WHY",
				cell: ({ cause }) => (cause === null ? "" : oneLine(`${cause.code}: ${cause.message}`)),
				shrinks: true,
			},
		],
		terminal,
	);
}

type Limits = Pick<ResultResource["measurements"][number], "lower" | "upper">;

function measurementTable(measurements: ResultResource["measurements"], terminal: Terminal): string {
	if (measurements.length === 0) return "";
	const limited = measurements.some(({ lower, upper }) => lower !== null || upper !== null);
	return table(
		measurements,
		[
			{ title: "NAME", cell: ({ name }) => oneLine(name) },
			{ title: "VALUE", cell: ({ value }) => quantity(value, ""), align: "right" },
			{ title: "UNIT", cell: ({ unit }) => oneLine(unit) },
			...(limited ? [{ title: "LIMITS", cell: ({ lower, upper }: Limits) => limits(lower, upper) }] : []),
		],
		terminal,
	);
}

function tableTable(tables: ResultResource["tables"], terminal: Terminal): string {
	if (tables.length === 0) return "";
	return table(
		tables,
		[
			{ title: "NAME", cell: ({ name }) => oneLine(name) },
			{ title: "ROWS", cell: ({ rows }) => String(rows), align: "right" },
			{ title: "COLUMNS", cell: ({ columns }) => oneLine(columns.map(({ name }) => name).join(" ")), shrinks: true },
		],
		terminal,
	);
}

function artifactTable(artifacts: ResultResource["artifacts"], terminal: Terminal): string {
	if (artifacts.length === 0) return "";
	return table(
		artifacts,
		[
			{ title: "NAME", cell: ({ name }) => displayPath(name) },
			{ title: "TYPE", cell: ({ mediaType }) => mediaType },
			{ title: "SIZE", cell: ({ size }) => bytes(size), align: "right" },
			{ title: "SHA-256", cell: ({ sha256 }) => sha256, shrinks: true },
		],
		terminal,
	);
}

function memberTable(members: AcquisitionResource["members"], terminal: Terminal): string {
	const shown = table(
		members.slice(0, listedMembers),
		[
			{ title: "PATH", cell: ({ path }) => displayPath(path) },
			{ title: "SIZE", cell: ({ size }) => bytes(size), align: "right" },
			{ title: "SHA-256", cell: ({ sha256 }) => sha256, shrinks: true },
		],
		terminal,
	);
	const rest = members.length - listedMembers;
	return rest > 0 ? `${shown}… and ${rest} more, all of them with --json\n` : shown;
}

function jobTable(jobs: AcquisitionDetail["jobs"], terminal: Terminal): string {
	if (jobs.length === 0) return "";
	return table(
		jobs,
		[
			{ title: "STATE", cell: ({ state }) => coloured(state, terminal) },
			{ title: "PIPELINE", cell: ({ pipeline }) => pipeline },
			{ title: "JOB", cell: ({ id }) => id },
			{ title: "RESULT", cell: ({ result }) => result ?? "" },
		],
		terminal,
	);
}

function historyText(history: JobDetail["history"], { colours }: Terminal): string {
	const widest = Math.max(0, ...history.map(({ what }) => what.length));
	return history
		.map(({ at, what, detail }) =>
			`${colours.dim(time(at) ?? "")}  ${what.padEnd(widest)}  ${oneLine(detail)}`.trimEnd(),
		)
		.map((line) => `${line}\n`)
		.join("");
}

function logSection(log: string): readonly [string, string] {
	const lines = manyLines(log.trimEnd()).split("\n");
	const title = lines.length > logLines ? `Log, last ${logLines} of ${lines.length} lines` : "Log";
	return [title, log.trim() === "" ? "" : `${lines.slice(-logLines).join("\n")}\n`];
}

function sections(terminal: Terminal, ...parts: readonly (readonly [title: string, body: string])[]): string {
	return parts
		.filter(([, body]) => body !== "")
		.map(([title, body]) => (title === "" ? body : `${terminal.colours.bold(title)}\n${body}`))
		.join("\n");
}

function time(iso: string | null): string | undefined {
	return iso === null ? undefined : localTime(Date.parse(iso));
}
