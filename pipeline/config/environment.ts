import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { z } from "zod";
import { permanent } from "#core/errors.ts";
import { didYouMean } from "./did-you-mean.ts";
import { type KeyPath, renderPath } from "./problem.ts";
import { fixedKeys, namedValues, schemaAt, valueAt, wordingOf } from "./schema-walk.ts";

const prefix = "WATCHRABBIT_";
/** Of the same prefix, but no keys: how loudly the program speaks, and where tests find their services. */
const notKeys = /^WATCHRABBIT_(LOG_LEVEL$|TEST_)/;

const fileSuffix = "_FILE";

export interface Override {
	readonly variable: string;
	readonly text: string;
	readonly path: KeyPath;
}

export interface Overridden {
	readonly value: unknown;
	readonly overrides: readonly Override[];
	/** Variables that look as if they were meant for us, and are not; sentences. */
	readonly warnings: readonly string[];
}

/**
 * WATCHRABBIT_HTTP__LISTEN sets http.listen: two underscores for each dot, letters in any case, and no sign inside a
 * key (SCANEVERY or SCAN_EVERY for scanEvery). A source, pipeline, pool or parameter is named as in the file, and
 * has to be there; the pool `default` always is. The text is taken as it is where the key takes a text, else it is
 * read as YAML: 4, true, [a, b].
 *
 * What is secret may stand in a file instead: WATCHRABBIT_ACCESS__SECRET_FILE names the one that holds access.secret.
 *
 * @throws WatchRabbitError CONFIG_SECRET_FILE (permanent) when such a file cannot be read
 */
export function applyEnvironment(
	value: unknown,
	schema: z.ZodType,
	env: Readonly<Record<string, string | undefined>>,
): Overridden {
	let result = value;
	const overrides: Override[] = [];
	const warnings: string[] = [];
	for (const variable of Object.keys(env).sort()) {
		const text = env[variable];
		if (!variable.startsWith(prefix) || notKeys.test(variable) || text === undefined) continue;
		const found = resolvePath(variable.slice(prefix.length).split("__"), schema, result);
		const secret = typeof found === "string" ? resolveSecret(variable, schema, result) : undefined;
		if (secret !== undefined) {
			overrides.push({ variable, text, path: secret });
			result = withValue(result, secret, secretIn(text, variable));
			continue;
		}
		if (typeof found === "string") {
			warnings.push(`environment variable ${variable} is not used: ${found}`);
			continue;
		}
		overrides.push({ variable, text, path: found });
		result = withValue(result, found, read(text, found, schema));
	}
	return { value: result, overrides, warnings };
}

/** The path of the secret whose file a variable names. */
function resolveSecret(variable: string, schema: z.ZodType, value: unknown): KeyPath | undefined {
	if (!variable.endsWith(fileSuffix)) return undefined;
	const path = resolvePath(variable.slice(prefix.length, -fileSuffix.length).split("__"), schema, value);
	if (typeof path === "string") return undefined;
	const wording = wordingOf(schemaAt(schema, path) as z.ZodType);
	return wording?.secret === true || wording?.address === true ? path : undefined;
}

/** Without the line feed that an editor ends it with. */
function secretIn(file: string, variable: string): string {
	try {
		return readFileSync(file, "utf8").replace(/\r?\n$/, "");
	} catch (cause) {
		throw permanent(
			"CONFIG_SECRET_FILE",
			`the file that ${variable} names cannot be read: ${(cause as Error).message}`,
			{
				cause,
				fix: "Correct the path, or let the service's user read the file.",
			},
		);
	}
}

/** The path that a variable's parts name, or why there is none. */
function resolvePath(parts: readonly string[], schema: z.ZodType, value: unknown): KeyPath | string {
	const path: string[] = [];
	for (const part of parts) {
		const at = schemaAt(schema, path);
		const known = at === undefined ? [] : knownKeys(at, path, value);
		const key = known.find((candidate) => plain(candidate) === plain(part));
		if (key === undefined) {
			const meant = didYouMean(plain(part), known.map(plain));
			const inside = path.length === 0 ? "the configuration" : renderPath(path);
			return `${inside} has no "${part.toLowerCase()}"${meant === undefined ? "" : `; did you mean ${meant.toUpperCase()}?`}`;
		}
		path.push(key);
	}
	return path;
}

function knownKeys(schema: z.core.$ZodType, path: KeyPath, value: unknown): string[] {
	if (namedValues(schema) === undefined) return [...fixedKeys(schema).keys()];
	const written = valueAt(value, path);
	const names = typeof written === "object" && written !== null ? Object.keys(written) : [];
	return path.join() === "pools" ? [...new Set([...names, "default"])] : names;
}

function plain(name: string): string {
	return name.toLowerCase().replace(/[-_.]/g, "");
}

function read(text: string, path: KeyPath, schema: z.ZodType): unknown {
	const at = schemaAt(schema, path) as z.ZodType;
	if (!path.includes("params") && at.safeParse(text).success) return text;
	try {
		return parse(text) ?? text;
	} catch {
		return text;
	}
}

function withValue(root: unknown, path: KeyPath, value: unknown): unknown {
	const [key, ...rest] = path;
	if (key === undefined) return value;
	const map = typeof root === "object" && root !== null ? (root as Readonly<Record<string, unknown>>) : {};
	return { ...map, [key]: withValue(map[key], rest, value) };
}
