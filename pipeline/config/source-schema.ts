import { z } from "zod";
import {
	choice,
	custom,
	duration,
	glob,
	kafkaTopic,
	keys,
	list,
	needed,
	oneOrMore,
	path,
	pattern,
	size,
	text,
	wholeNumber,
	wordings,
} from "./value-kinds.ts";

/** How members of a group find one another: of a source with `acquisition: group`, and of the stage `group`. */
export const group = keys({
	by: pattern
		.describe(
			"Regular expression over a file's name, or, if it contains a /, over its relative path. Files whose first named capture is equal belong together. Or name what tells the parts of a group apart `member`: then all other named captures must be equal.",
		)
		.meta({ examples: ["^(?<sample>.+)_(?<member>R1|R2)"] }),
	count: wholeNumber(1, 1_000_000)
		.describe("The group is complete when so many members are there.")
		.meta({ examples: [114] })
		.optional(),
	members: list(text)
		.min(1)
		.describe("The group is complete when each of these values of the capture `member` is there.")
		.meta({ examples: [["R1", "R2"]] })
		.optional(),
	time: needed(
		duration({ zero: false })
			.describe("How long to wait for the last member, counted from the first.")
			.meta({ examples: ["2d"] }),
		"a group whose member never comes would wait for ever: it always needs a time after which it ends",
	),
	incomplete: choice(["reject", "analyse"])
		.describe(
			"What becomes of a group whose time is over: rejected with the reason, or analysed as it is and marked incomplete.",
		)
		.prefault("reject"),
});

const footer = wordedFooter(
	z.union([
		pattern,
		keys({
			pattern: pattern
				.describe("Regular expression that the end of a complete file matches.")
				.meta({ examples: ["~End\\s*$"] }),
			flags: z
				.string()
				.regex(/^[ims]*$/)
				.describe("Flags of the regular expression: i, m, s.")
				.prefault(""),
			within: size.describe("How far from the end of the file it is looked for.").prefault("4KiB"),
		}),
	]),
);

function wordedFooter<T extends z.ZodType>(schema: T): T {
	wordings.add(schema, {
		expected: "a regular expression, or a map with pattern, flags and within",
		fix: () => "Write for example '~End\\s*$'.",
	});
	return schema;
}

const complete = keys({
	quiet: duration({ zero: true }).describe("Nothing about it has changed for so long.").prefault("2s"),
	marker: oneOrMore(text)
		.describe(
			"Marker files that the instrument writes at the end; all of them are needed. For a folder: names inside it. For a file: names beside it, with {name} (plate.csv) and {stem} (plate) filled in.",
		)
		.meta({ examples: ["RTAComplete.txt", "{stem}.done"] })
		.prefault([]),
	rename: oneOrMore(glob)
		.describe("Temporary names: a file of such a name is never complete, but what it is renamed to is.")
		.meta({ examples: [["*.tmp", "*.part"]] })
		.prefault(["*.tmp", "*.part", "*.partial", "~$*"]),
	footer: footer
		.describe("What a complete file ends with.")
		.meta({ examples: ["~End\\s*$"] })
		.optional(),
	probe: choice(["none", "auto", "gzip", "zip", "xml", "json", "hdf5"])
		.describe("Look inside whether the file is whole; auto goes by what the file is.")
		.prefault("none"),
	minSize: size.describe("A smaller file is not complete.").prefault("0B"),
});

const kafka = keys({
	topic: kafkaTopic.describe("The topic.").meta({ examples: ["plates"] }),
	form: choice(["announce", "carry"])
		.describe(
			'announce: a message is {"path": "run-7/plate.csv"}, a file that lies below `watch`, or will. carry: a message is the file; its path is the header name, else the key.',
		)
		.prefault("announce"),
	group: text
		.describe("Consumer group: its members share the messages. watchrabbit.TOPIC.SOURCE when left out.")
		.optional(),
});

/** The group that reads a source's topic. */
export function consumerGroup(source: string, { topic, group }: { topic: string; group?: string | undefined }): string {
	return group ?? `watchrabbit.${topic}.${source}`;
}

const since = keys({
	since: z
		.string()
		.superRefine((value, context) => {
			if (parseDate(value) === undefined) {
				context.addIssue(
					custom(`"${value}" is no date`, "Write year, month, day, such as 2026-01-31, or 2026-01-31T08:00"),
				);
			}
		})
		.transform((value) => parseDate(value) ?? 0)
		.describe(
			"Files changed since this date are processed, older ones ignored; local time unless it ends with Z or an offset.",
		)
		.meta({ examples: ["2026-01-31"] }),
});

const existing = z.union([z.enum(["process", "ignore"]), since]);
wordings.add(existing, {
	expected: "process, ignore, or { since: DATE }",
	fix: () => "Write one of: process, ignore, { since: 2026-01-31 }",
});

/** Milliseconds since the epoch; undefined for what is no day of the calendar. */
function parseDate(value: string): number | undefined {
	const match = /^(\d{4}-\d{2}-(\d{2}))(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.exec(value);
	if (match === null) return undefined;
	const day = new Date(`${match[1]}T00:00:00Z`);
	if (Number.isNaN(day.getTime()) || day.getUTCDate() !== Number(match[2])) return undefined;
	const time = new Date(match[3] === undefined ? `${value}T00:00` : value).getTime();
	return Number.isNaN(time) ? undefined : time;
}

export const source = keys({
	watch: path
		.describe("The directory that the instrument writes into.")
		.meta({ examples: ["./instruments/plate-reader"] }),
	include: list(glob)
		.min(1)
		.describe(
			"Patterns of the files that count, relative to the watched directory. Upper and lower case differ; * and ** match no name that begins with a dot.",
		)
		.meta({ examples: [["**/*.csv"]] })
		.prefault(["**/*"]),
	exclude: list(glob)
		.describe("Patterns of files to leave alone, whatever include says.")
		.meta({ examples: [["**/backup/**"]] })
		.prefault(["**/Thumbs.db", "**/desktop.ini"]),
	acquisition: choice(["file", "folder", "group"])
		.describe("What the instrument writes in one go: a file, a run folder, or files that belong together.")
		.prefault("file"),
	folders: list(glob)
		.min(1)
		.describe("For acquisition: folder. Patterns of the directories that are acquisitions.")
		.meta({ examples: [["*/*.d"]] })
		.prefault(["*"]),
	group: group.describe("For acquisition: group. How the files of a group find one another.").optional(),
	complete: complete.describe("When it is complete: everything given here must hold.").prefault({}),
	kafka: kafka
		.describe(
			"A topic whose messages tell of files in `watch`, or bring them there, beside what instruments write. The servers are those of the key kafka at the top.",
		)
		.optional(),
	archive: z
		.boolean()
		.describe(
			"Keep each file in the object store as well, under its digest, before it is analysed: workers that cannot read the directory fetch it from there, and it can be analysed again after it was deleted.",
		)
		.prefault(false),
	existing: existing
		.describe("What becomes of files that are there at the first start: process, ignore, or { since: DATE }.")
		.prefault("process"),
	scanEvery: duration({ zero: false })
		.describe("How often the directory is compared with what is known, beside the events of the file system.")
		.prefault("60s"),
	mode: choice(["auto", "events", "poll"])
		.describe("How changes are noticed; auto asks the file system's type, and polls network shares.")
		.prefault("auto"),
	pollEvery: duration({ zero: false }).describe("How often a polled directory is looked at.").prefault("5s"),
});
