import { z } from "zod";
import { fileStates } from "./file-state.ts";
import { jobStates } from "./job.ts";

/**
 * The forms of what leaves the program as JSON, from the API and from the command line alike: declared once, for the types,
 * the OpenAPI document and the clients. Times are ISO 8601 in UTC, and what is not there is null, so that every resource of
 * a kind has the same fields.
 */

const time = z.iso.datetime().meta({ examples: ["2026-11-21T08:00:00.000Z"] });
const count = z.int().nonnegative();
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const traceId = z.string().describe("Under which its way can be followed, where traces are kept.");
const path = z
	.string()
	.describe("Relative to the source's root, / between the parts; a byte that is no UTF-8 as U+DC80..U+DCFF.");
const scalar = z
	.union([z.number(), z.enum(["NaN", "Inf", "-Inf"]), z.null()])
	.describe("A double; NaN and the infinities as texts; NA is null.");
const parameters = z.record(z.string(), z.unknown());

const member = z.object({ path, size: count.describe("Bytes."), sha256 });

export const historyForm = z
	.object({ at: time, what: z.string().describe("What happened."), detail: z.string() })
	.meta({ id: "HistoryEntry", description: "What happened to something, in order." });

export const sourceForm = z
	.object({
		name: z.string(),
		watch: z.string().describe("The directory, on the host that watches it."),
		include: z.array(z.string()).readonly().describe("Globs."),
		exclude: z.array(z.string()).readonly().describe("Globs."),
		acquisition: z.enum(["file", "folder", "group"]).describe("What one acquisition is."),
		quietMs: z.number().describe("It is complete no earlier than so long after its last change, milliseconds."),
		mode: z
			.enum(["events", "poll"])
			.nullable()
			.describe("How changes are noticed; null until a watch has started here."),
		modeReason: z.string().nullable(),
	})
	.meta({ id: "Source", description: "A directory that instruments write into." });

export const fileForm = z
	.object({
		id: z.string(),
		toldBy: z
			.enum(["ledger", "catalog"])
			.describe("Who says so: this host's ledger, which watches it, or the catalog, which knows what was taken in."),
		watchedBy: z.string().nullable().describe("The other host's process that watches it, where one does."),
		source: z.string(),
		path,
		kind: z.string(),
		state: z.enum(fileStates),
		reason: z.string().nullable().describe("Why it is ignored or quarantined."),
		size: z.number().describe("Bytes."),
		sha256: sha256.nullable(),
		firstSeenAt: time,
		changedAt: time,
		goneAt: time.nullable(),
	})
	.meta({ id: "File", description: "A path below a source, in exactly one state." });

export const acquisitionForm = z
	.object({
		id: z.string(),
		source: z.string(),
		key: path.describe("What it is within its source: a file's or folder's relative path, a group's name."),
		kind: z.enum(["file", "folder", "group", "batch"]),
		version: z.int().positive().describe("1 for the first content of its key."),
		supersededBy: z.string().nullable(),
		members: z.array(member).readonly(),
		captures: z.record(z.string(), z.string()).describe("Named captures of the group's pattern."),
		incomplete: z.string().nullable().describe("Why it is here although incomplete."),
		bytes: count,
		digest: z.string().describe("Of its content."),
		note: z.string().nullable(),
		safeToDeleteSince: time.nullable().describe("Its files may be removed at their source; null: they may not."),
		acquiredAt: time.describe("When the last member changed."),
		settledAt: time.describe("When it was found complete."),
		createdAt: time,
		traceId,
	})
	.meta({ id: "Acquisition", description: "What an instrument wrote, complete." });

const cause = z
	.object({
		class: z.enum(["transient", "permanent", "fault"]),
		code: z.string(),
		message: z.string(),
		fix: z.string().exactOptional(),
		conditionClass: z.array(z.string()).readonly().exactOptional().describe("R's, most specific first."),
		call: z.string().exactOptional(),
		traceback: z.array(z.string()).readonly().exactOptional(),
	})
	.meta({ id: "Cause", description: "Why an attempt did not complete." });

export const jobForm = z
	.object({
		id: z.string(),
		pipeline: z.string(),
		source: z.string(),
		pool: z.string(),
		state: z.enum(jobStates),
		priority: z.number(),
		attemptsUsed: count,
		attemptsAllowed: count,
		runAfter: time.nullable().describe("When it is tried again, if it waits."),
		acquisition: z.string().describe("The one that it was made for."),
		analysis: z.object({ file: z.string(), digest: z.string() }),
		params: parameters.readonly(),
		worker: z.string().nullable(),
		result: z.string().nullable().describe("Its current one."),
		cause: cause.nullable().describe("Of the last attempt that did not complete."),
		progress: z
			.object({ fraction: z.number().describe("0 to 1."), message: z.string(), at: time })
			.nullable()
			.describe("Of the attempt that runs, if it said so."),
		createdAt: time,
		updatedAt: time,
		traceId,
	})
	.meta({ id: "Job", description: "One analysis of one content with its parameters." });

const rVersion = z.object({
	version: z.string(),
	platform: z.string(),
	packages: z.record(z.string(), z.string()).readonly(),
	sources: z.record(z.string(), z.string()).readonly().exactOptional(),
});

export const attemptForm = z
	.object({
		number: z.int(),
		token: z.int().describe("Fencing token."),
		worker: z.string(),
		outcome: z.string().nullable().describe("completed, failed, not-ready or lost; null while it runs."),
		cause: cause.nullable(),
		log: z.string().nullable().describe("What it printed, where it came to no result."),
		seconds: z.number().nullable(),
		run: z
			.object({
				engine: z.string(),
				kind: z.string().nullable(),
				seed: z.number(),
				peakMemoryBytes: z.number().nullable(),
				warnings: z.array(z.string()).readonly(),
				r: rVersion.readonly(),
			})
			.readonly()
			.nullable(),
		startedAt: time,
		endedAt: time.nullable(),
	})
	.meta({ id: "Attempt", description: "One run of a job, or what came of it." });

const measured = z.object({
	name: z.string(),
	value: scalar,
	unit: z.string().describe("UCUM or the lab's own; empty for a pure number."),
	lower: z.number().nullable().describe("Specification limit, in the value's unit."),
	upper: z.number().nullable().describe("Specification limit, in the value's unit."),
});

const table = z.object({
	name: z.string(),
	rows: count,
	columns: z
		.array(
			z
				.object({
					name: z.string(),
					type: z.string(),
					levels: z.array(z.string()).readonly().exactOptional(),
					unit: z.string().exactOptional(),
				})
				.readonly(),
		)
		.readonly(),
	artifact: z.string().describe("Name of the artifact that holds the rows, as CSV."),
	parquet: z.string().exactOptional().describe("Name of the one that holds them as Parquet."),
});

const stored = z.object({
	name: z.string().describe("Path within the result, / between the parts."),
	mediaType: z.string(),
	size: count.describe("Bytes."),
	sha256,
});

export const resultForm = z
	.object({
		id: z.string(),
		job: z.string(),
		pipeline: z.string(),
		source: z.string(),
		state: z.enum(["current", "superseded"]),
		acquisition: z.object({ id: z.string(), key: path, members: z.array(member).readonly() }),
		measurements: z.array(measured).readonly(),
		tables: z.array(table.readonly()).readonly(),
		artifacts: z.array(stored).readonly(),
		seconds: z.number().describe("Of the analysis."),
		completedAt: time,
		traceId,
	})
	.meta({ id: "Result", description: "What an analysis gave, with the proof of it." });

export const measurementForm = z
	.object({
		result: z.string(),
		pipeline: z.string(),
		source: z.string(),
		key: path.describe("The acquisition's."),
		...measured.shape,
		acquiredAt: time,
		completedAt: time,
	})
	.meta({ id: "Measurement", description: "A named number of a result." });

export const artifactForm = z
	.object({
		result: z.string(),
		pipeline: z.string(),
		source: z.string(),
		...stored.shape,
		completedAt: time,
	})
	.meta({ id: "Artifact", description: "A file of a result." });

export const alertForm = z
	.object({
		name: z.string(),
		severity: z.enum(["critical", "warning", "info"]),
		state: z.enum(["pending", "firing"]),
		summary: z.string(),
		meaning: z.string(),
		labels: z.record(z.string(), z.string()).readonly(),
		value: z.number(),
		runbook: z.string().describe("What to do."),
		since: time,
	})
	.meta({ id: "Alert", description: "What the process finds wrong at the moment, by its own numbers." });
