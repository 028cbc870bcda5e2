import type { z } from "zod";
import { didYouMean } from "./did-you-mean.ts";
import { type KeyPath, renderPath } from "./problem.ts";
import { descriptionOf, exampleOf, fixedKeys, schemaAt, valueAt, wordingOf } from "./schema-walk.ts";

/** A problem before it is known where in the file it stands. */
export interface Finding {
	readonly path: KeyPath;
	/** Whether the key or its value is wrong. */
	readonly part: "key" | "value";
	readonly message: string;
	readonly fix: string;
}

/** A key that is missing because it was misspelt is one problem, not two. */
interface FormFinding extends Finding {
	readonly missing?: KeyPath;
	readonly instead?: KeyPath;
}

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** What zod found, in words for the person who wrote `value`. */
export function translateIssues(issues: readonly Issue[], schema: Schema, value: unknown): Finding[] {
	const strange = new Set(
		issues.filter((issue) => issue.code === "unrecognized_keys").map(({ path }) => path.join("\0")),
	);
	const findings = issues
		.filter((issue) => issue.code !== "custom" || !strange.has(issue.path.join("\0")))
		.flatMap((issue) => translate(issue, schema, value));
	const meant = new Set(findings.map(({ instead }) => instead?.join("\0")));
	return findings.filter(({ missing }) => missing === undefined || !meant.has(missing.join("\0")));
}

function translate(issue: Issue, schema: Schema, value: unknown): FormFinding[] {
	const path = issue.path as KeyPath;
	const given = valueAt(value, path);
	if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(schema, path, key));
	if (issue.code === "invalid_key") return [badName(path)];
	if (given === undefined) return [missingKey(schema, path)];
	if (issue.code === "invalid_union") {
		const meant = meantOption(issue);
		if (meant)
			return meant.flatMap((nested) => translate({ ...nested, path: [...path, ...nested.path] }, schema, value));
	}
	if (issue.code === "custom") {
		return [
			{ path, part: "value", message: `${renderPath(path)}: ${issue.message}`, fix: String(issue.params?.fix ?? "") },
		];
	}
	return [wrongValue(schema, path, given)];
}

/** Of a value that may have several forms, the complaints about the form that it has. */
function meantOption(issue: z.core.$ZodIssueInvalidUnion): Issue[] | undefined {
	return issue.errors.find(
		(errors) => !errors.some(({ path, code }) => path.length === 0 && /^invalid_(type|value|union)$/.test(code ?? "")),
	);
}

function unknownKey(schema: Schema, path: KeyPath, key: string): FormFinding {
	const known = [...fixedKeys(schemaAt(schema, path) ?? schema).keys()];
	const meant = didYouMean(key, known);
	const inStages = path.at(-2) === "stages";
	return {
		path: [...path, key],
		part: "key",
		...(meant === undefined ? {} : { instead: [...path, meant] }),
		message: inStages
			? `there is no stage "${key}"`
			: `unknown key "${key}"${path.length === 0 ? "" : ` in ${renderPath(path)}`}`,
		fix: meant ? `Did you mean "${meant}"?` : `Known here: ${known.join(", ")}`,
	};
}

function missingKey(schema: Schema, path: KeyPath): FormFinding {
	const wanted = schemaAt(schema, path);
	const key = String(path.at(-1));
	const parent = path.slice(0, -1);
	const why = ((wanted && descriptionOf(wanted)) ?? "").replace(/\.$/, "");
	const missing = wanted && wordingOf(wanted)?.missing;
	return {
		path: parent,
		part: "key",
		missing: path,
		message: `${renderPath(parent)} needs the key "${key}": ${missing ?? why}`,
		fix: `Add for example ${key}: ${JSON.stringify(wanted && exampleOf(wanted))}`,
	};
}

function badName(path: KeyPath): Finding {
	const name = String(path.at(-1));
	const better = name
		.normalize("NFKD")
		.replace(/[^A-Za-z0-9_-]+/g, "-")
		.replace(/^[-_]+|-+$/g, "")
		.slice(0, 63);
	return {
		path,
		part: "key",
		message: `${renderPath(path.slice(0, -1))}: "${name}" cannot be a name: letters, digits, - and _, a letter or digit first, at most 63`,
		fix: better === "" ? "Choose another name." : `Write "${better}"`,
	};
}

function wrongValue(schema: Schema, path: KeyPath, given: unknown): Finding {
	const at = schemaAt(schema, path);
	const wording = at && wordingOf(at);
	return {
		path,
		part: "value",
		message: `${renderPath(path) || "the configuration"} must be ${wording?.expected ?? "a value that JSON can hold"}, not ${shown(given)}`,
		fix: wording?.fix(given) ?? "Write a text, a number, true, false, null, a list or a map.",
	};
}

function shown(value: unknown): string {
	if (value === null) return "nothing";
	if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
	if (typeof value === "object") return "a map";
	if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
	return `the ${typeof value === "boolean" ? "truth value" : typeof value} ${String(value)}`;
}
