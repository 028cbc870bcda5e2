import type { z } from "zod";
import type { Filter } from "#core/ports/catalog-rows.ts";
import { wordsIn } from "#domain/search-words.ts";
import { moment, repeated, several, text } from "./query.ts";

/** "name:value" each; a value is JSON where it can be, else a text. */
const params = repeated(/^[^:]+:.+$/s, "NAME:VALUE", "model:4PL")
	.transform((given) => Object.fromEntries(given.map(parted).map(([name, value]) => [name, jsonOrText(value)])))
	.describe(
		'Parameters of the analysis, NAME:VALUE each: `model:4PL`, `n:3`; a text that looks like a number in quotes, `n:"3"`.',
	);

const captures = repeated(/^[^:]+:.+$/s, "NAME:VALUE", "plate:7")
	.transform((given) => Object.fromEntries(given.map(parted)))
	.describe("What the names of the files say, NAME:VALUE each: `plate:7`, `sample:S12`.");

const measured = repeated(
	/^[^:]+(:(-?\d+(\.\d+)?([eE][+-]?\d+)?)?\.\.(-?\d+(\.\d+)?([eE][+-]?\d+)?)?)?$/s,
	"NAME or NAME:FROM..TO",
	"r2:0.99..1",
)
	.transform((given) => given.map(range))
	.describe("A measurement of this name, with a value from here to there: `r2:0.99..1`, `cv:..15`, `od:0.1..`, `r2`.");

/** The words are looked for together, and no index takes hundreds. */
const words = text
	.max(1_000)
	.refine((given) => wordsIn(given).length <= 50, "more than 50 words")
	.meta({ override: { type: "string", minLength: 1, maxLength: 1_000 } });

const since = (of: string) => moment.describe(`${of} then or later.`);
const until = (of: string) => moment.describe(`${of} before then.`);

/** Filters of lists, each of the same kind wherever it is taken. */
const filterKinds = {
	source: several.describe("Of one of these sources."),
	pipeline: several.describe("Of one of these pipelines."),
	pool: several.describe("Of one of these pools."),
	acquisition: text.describe("Id of its acquisition."),
	job: text.describe("Id of its job."),
	result: text.describe("Id of its result."),
	key: text.describe("The exact key of its acquisition."),
	name: text.describe("Its exact name."),
	digest: text.describe("The SHA-256 of its content."),
	since: since("By its own time"),
	until: until("By its own time"),
	acquiredSince: since("The last file changed"),
	acquiredUntil: until("The last file changed"),
	settledSince: since("Found complete"),
	settledUntil: until("Found complete"),
	createdSince: since("Taken in"),
	createdUntil: until("Taken in"),
	completedSince: since("Completed"),
	completedUntil: until("Completed"),
	nameGlob: words.describe("`*` is any characters, `?` is one: `*_P7.csv`, `run-2026*`."),
	text: words.describe(
		"Words, 50 at most, of the key and its captures, and of jobs of the cause as well, or how they begin.",
	),
	params,
	captures,
	measured,
} as const satisfies { readonly [Name in keyof Filter]?: z.ZodType<Filter[Name]> };

/** Of what an acquisition is, and of what is made of it. */
export const ofAcquisitions = [
	"acquiredSince",
	"acquiredUntil",
	"settledSince",
	"settledUntil",
	"nameGlob",
	"text",
	"captures",
] as const;

/** Of what belongs to a result. */
export const ofResults = [
	"source",
	"pipeline",
	"acquisition",
	"job",
	"key",
	"since",
	"until",
	"completedSince",
	"completedUntil",
	"params",
	...ofAcquisitions,
] as const;

export function filters<const Name extends keyof typeof filterKinds>(...names: readonly Name[]) {
	return Object.fromEntries(names.map((name) => [name, filterKinds[name]])) as Pick<typeof filterKinds, Name>;
}

function parted(given: string): [string, string] {
	const at = given.indexOf(":");
	return [given.slice(0, at), given.slice(at + 1)];
}

function jsonOrText(value: string): unknown {
	try {
		return JSON.parse(value);
	} catch {
		return value;
	}
}

function range(given: string) {
	const at = given.lastIndexOf(":");
	const limits = at < 0 ? "" : given.slice(at + 1);
	if (!limits.includes("..")) return { name: given };
	const [min = "", max = ""] = limits.split("..");
	return {
		name: given.slice(0, at),
		...(min !== "" && { min: finite(min) }),
		...(max !== "" && { max: finite(max) }),
	};
}

/** What no double can be is as far as one can go. */
function finite(written: string): number {
	return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, Number(written)));
}
