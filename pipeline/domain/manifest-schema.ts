import { z } from "zod";
import type { Manifest } from "./result.ts";

const text = z.string().min(1);
const list = <T extends z.ZodType>(of: T) => z.array(of).readonly();
const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const nanoseconds = z.string().regex(/^-?\d+$/);

const member = z.object({
	path: text.describe("Relative to the source's root, / between the parts; a byte that is no UTF-8 as U+DC80..U+DCFF."),
	size: count,
	sha256,
	mtimeNs: nanoseconds.describe("Nanoseconds since the epoch, decimal."),
	ctimeNs: nanoseconds.describe("Nanoseconds since the epoch, decimal."),
	inode: z.string().regex(/^\d+$/),
});

const acquisition = z.object({
	id: text,
	source: text,
	key: text.describe("What it is within its source: a file's or folder's relative path, a group's name."),
	kind: z.enum(["file", "folder", "group", "batch"]),
	members: list(member).describe("Every file that was analysed, as it was when it settled."),
	acquiredAt: z.number().describe("When the last member changed: milliseconds since the epoch."),
	settledAt: z.number().describe("When it was found complete: milliseconds since the epoch."),
	captures: z.record(z.string(), z.string()).describe("Named captures of the group's pattern."),
	incomplete: text.describe("Why it is here although incomplete.").exactOptional(),
});

const measurement = z.object({
	name: text,
	value: z
		.union([z.number(), z.enum(["NaN", "Inf", "-Inf"]), z.null()])
		.describe("A double with up to 17 digits; NaN and the infinities as texts; NA is null."),
	unit: z.string().describe("UCUM or the lab's own; empty for a pure number."),
	lower: z.number().describe("Specification limit: what the value should be at least, in its unit.").exactOptional(),
	upper: z.number().describe("Specification limit: what the value should be at most, in its unit.").exactOptional(),
});

const column = z.object({
	name: z.string(),
	type: z.enum(["logical", "integer", "double", "character", "factor", "date", "datetime", "integer64", "other"]),
	levels: list(z.string()).describe("Of a factor.").exactOptional(),
	unit: text.exactOptional(),
});

const table = z.object({
	name: text,
	rows: count,
	columns: list(column),
	artifact: text.describe("Name of the artifact that holds the rows, as CSV."),
	parquet: text.describe("Name of the artifact that holds them as Parquet, with their types.").exactOptional(),
});

const artifact = z.object({
	name: text.describe("Path within the result's artifacts, / between the parts."),
	mediaType: text,
	size: count,
	sha256,
});

const analysis = z.object({
	file: text,
	digest: sha256.describe("Over script and declared files: the one in the job's identity."),
	files: list(z.object({ path: text, size: count, sha256 })),
	params: z.record(z.string(), z.unknown()),
});

const r = z.object({
	version: text,
	platform: text,
	packages: z.record(z.string(), z.string()).describe("Attached and loaded packages, name to version."),
	sources: z
		.record(z.string(), z.string())
		.describe("Where they come from: base, CRAN, Bioconductor, GitHub user/repository@commit, local.")
		.exactOptional(),
});

/** The form of manifest.json. Readers take fields that they do not know: version 1 may be given more, and loses none. */
export const manifestSchema: z.ZodType<Manifest> = z.object({
	format: z.literal("watchrabbit.manifest"),
	version: z.literal(1),
	result: text,
	job: text,
	pipeline: text,
	acquisition,
	analysis,
	engine: text,
	r,
	seed: z.int(),
	attempt: z.int().positive(),
	token: z.int().positive().describe("Fencing token under which the result was committed."),
	startedAt: z.iso.datetime(),
	completedAt: z.iso.datetime(),
	seconds: z.number().nonnegative().describe("Wall-clock seconds of the analysis."),
	peakMemoryBytes: z.number().nonnegative().nullable().describe("Null where the engine cannot tell."),
	measurements: list(measurement),
	tables: list(table),
	artifacts: list(artifact),
	warnings: list(z.string()),
	log: text.describe("Name of the log, beside the manifest."),
	traceId: z.string().regex(/^[0-9a-f]{32}$/),
});

/** JSON Schema (draft 2020-12) of manifest.json. */
export function manifestJsonSchema(): object {
	const schema = z.toJSONSchema(manifestSchema, { io: "input" });
	return { ...schema, title: "WatchRabbit manifest, version 1" };
}
