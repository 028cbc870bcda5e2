import { z } from "zod";
import { durationPattern, guessDuration, guessSize, parseDuration, parseSize, sizePattern } from "./quantity.ts";

/** How a kind of value is spoken of in an error: "KEY must be `expected`". */
export interface Wording {
	readonly expected: string;
	/** What to write instead of `value`; a sentence. */
	readonly fix: (value: unknown) => string;
	/** What to say when the key is left out, if there is more to say than its description. */
	readonly missing?: string;
	/** Paths are shown absolute by `config explain`. */
	readonly path?: boolean;
	/** Never shown. */
	readonly secret?: boolean;
	/** A URL, which may hold a password: shown with that covered. */
	readonly address?: boolean;
}

/** Beside the declaration, not in it: what a JSON Schema cannot say. */
export const wordings = z.registry<Wording>();

function worded<T extends z.ZodType>(schema: T, wording: Wording): T {
	wordings.add(schema, wording);
	return schema;
}

/** The schema with something to say when its key is left out. */
export function needed<T extends z.ZodType>(schema: T, missing: string): T {
	const wording = wordings.get(schema);
	return wording === undefined ? schema : worded(schema, { ...wording, missing });
}

/** An issue of ours: what is wrong, and what to write instead. */
export function custom(message: string, fix: string): { code: "custom"; message: string; params: { fix: string } } {
	return { code: "custom", message, params: { fix } };
}

export const text = worded(z.string().min(1), {
	expected: "a text",
	fix: (value) =>
		typeof value === "number" || typeof value === "boolean"
			? `Put it in quotes: "${value}"`
			: "Write a text, in quotes.",
});

export const kafkaTopic = worded(z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/), {
	expected: "the name of a topic: letters, digits, . _ -",
	fix: () => "Write a name of at most 200 letters, digits, dots, underscores and hyphens.",
});

export const secret = worded(z.string().min(1), {
	expected: "a text",
	fix: () => "Write it in quotes, or better give it by the environment: it is then in no file.",
	secret: true,
});

export const path = worded(z.string().min(1), {
	expected: "a path",
	fix: () => "Write a path, relative to this file or absolute.",
	path: true,
});

export const address = worded(z.string().min(1), {
	expected: "a host and a port",
	fix: (value) => `Write "127.0.0.1:${typeof value === "number" ? value : 8080}"`,
});

export function duration(options: { readonly zero: boolean }) {
	const schema = z
		.string()
		.regex(durationPattern)
		.refine(
			(value) => options.zero || !/^0+\D/.test(value),
			custom("it must be longer than nothing", 'Write for example "2s".'),
		)
		.transform((value) => parseDuration(value) ?? Number.MAX_SAFE_INTEGER);
	return worded(schema, {
		expected: 'a duration with its unit: ms, s, m, h or d, such as "2s" or "10m"',
		fix: (value) => {
			const guess = guessDuration(value);
			if (guess !== undefined) return `Write "${guess}"`;
			if (typeof value === "number") return `Say the unit: "${value}s" for seconds, "${value}m" for minutes.`;
			return 'Write for example "2s", "10m" or "2d".';
		},
	});
}

export const size = worded(
	z
		.string()
		.regex(sizePattern)
		.transform((value) => parseSize(value) ?? Number.MAX_SAFE_INTEGER),
	{
		expected: 'a size with its unit: B, kB, MB, GB, TB, or KiB, MiB, GiB, TiB, such as "500MB" or "2GB"',
		fix: (value) => {
			const guess = guessSize(value);
			if (guess !== undefined) return `Write "${guess}"`;
			if (typeof value === "number") return `Say the unit: "${value}B" for bytes, "${value}MB" for megabytes.`;
			return 'Write for example "500MB" or "2GB".';
		},
	},
);

export function wholeNumber(minimum: number, maximum: number) {
	return worded(z.int().min(minimum).max(maximum), {
		expected: `a whole number from ${minimum} to ${maximum}`,
		fix: (value) =>
			typeof value === "string" && /^[0-9]+$/.test(value)
				? `Write it without quotes: ${value}`
				: `Write a number from ${minimum} to ${maximum}.`,
	});
}

export function choice<const T extends readonly [string, ...string[]]>(values: T) {
	return worded(z.enum(values), {
		expected: `one of ${values.join(", ")}`,
		fix: () => `Write one of: ${values.join(", ")}`,
	});
}

/** A regular expression as JavaScript reads it. */
export const pattern = worded(
	z
		.string()
		.min(1)
		.superRefine((value, context) => {
			const trouble = patternTrouble(value);
			if (trouble) context.addIssue(trouble);
		}),
	{
		expected: "a regular expression",
		fix: () => "Write a regular expression in single quotes, such as '^(?<sample>.+)_R[12]'",
	},
);

function patternTrouble(value: string) {
	try {
		new RegExp(value);
		return undefined;
	} catch (error) {
		const reason = (error as Error).message.replace(/^Invalid regular expression: .*: /s, "");
		const fix = value.includes("(?P<")
			? `Named captures are written (?<name>...): '${value.replaceAll("(?P<", "(?<")}'`
			: "Correct the expression; in single quotes YAML leaves every backslash as it is.";
		return custom(`this is no regular expression: ${reason}`, fix);
	}
}

/** A glob over names or relative paths. */
export const glob = worded(
	z
		.string()
		.min(1)
		.superRefine((value, context) => {
			const trouble = globTrouble(value);
			if (trouble) context.addIssue(trouble);
		}),
	{ expected: 'a pattern such as "**/*.csv"', fix: () => 'Write a pattern in quotes, such as "**/*.csv".' },
);

function globTrouble(value: string) {
	if (value.startsWith("/") || /^[A-Za-z]:[\\/]/.test(value)) {
		return custom(
			`"${value}" is absolute, but patterns are relative to the watched directory`,
			'Write for example "**/*.csv".',
		);
	}
	if (value.split("/").includes("..")) {
		return custom(
			`"${value}" leaves the watched directory`,
			"Watch the directory above, or make it a source of its own.",
		);
	}
	if (value.startsWith("./"))
		return custom(`"${value}" matches nothing: relative paths begin without ./`, `Write "${value.slice(2)}"`);
	if (unbalanced(value, "{", "}") || unbalanced(value, "[", "]")) {
		return custom(
			`"${value}" opens a bracket that it does not close`,
			`Close it, or put a backslash before a bracket that is part of the name.`,
		);
	}
	return undefined;
}

function unbalanced(value: string, open: string, close: string): boolean {
	const plain = value.replace(/\\./g, "");
	return plain.split(open).length !== plain.split(close).length;
}

/** One, or a list: `marker: done.txt` is `marker: [done.txt]`. */
export function oneOrMore<T extends z.ZodType<string, string>>(item: T) {
	const expected = `${wordings.get(item)?.expected ?? "a text"}, or a list of such`;
	const schema = z.union([item, z.array(item)]).transform((value) => (typeof value === "string" ? [value] : value));
	return worded(schema, { expected, fix: (value) => wordings.get(item)?.fix(value) ?? "" });
}

export function list<T extends z.ZodType>(item: T) {
	return worded(z.array(item), {
		expected: "a list",
		fix: (value) =>
			typeof value === "string" || typeof value === "number"
				? `Write [${JSON.stringify(value)}]`
				: "Write a list: [a, b]",
	});
}

/** Names of sources, pipelines and pools become parts of queue names, object keys and addresses. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

export function named<T extends z.ZodType>(value: T) {
	return worded(z.record(z.string().regex(namePattern), value), {
		expected: "a map from names to settings",
		fix: () => "Write a name, a colon, and its settings indented below.",
	});
}

/** A map of fixed keys: any other key is refused. */
export function keys<T extends z.core.$ZodLooseShape>(shape: T) {
	return worded(z.strictObject(shape), {
		expected: `a map with the keys ${Object.keys(shape).join(", ")}`,
		fix: () => `Write one or more of these keys, indented below: ${Object.keys(shape).join(", ")}`,
	});
}
