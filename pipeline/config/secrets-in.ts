import type { z } from "zod";
import type { KeyPath } from "./problem.ts";
import { fixedKeys, namedValues, valueAt, wordingOf } from "./schema-walk.ts";

type Schema = z.core.$ZodType;

export interface SecretKey {
	readonly path: KeyPath;
	/** An address may hold a password; everything else is secret as a whole. */
	readonly kind: "secret" | "address";
}

/** The keys of a configuration that hold something secret, as they are declared; names of the user's own as in `value`. */
export function secretKeys(schema: Schema, value: unknown, path: KeyPath = []): SecretKey[] {
	const wording = wordingOf(schema);
	if (wording?.secret === true) return [{ path, kind: "secret" }];
	const own: SecretKey[] = wording?.address === true ? [{ path, kind: "address" }] : [];
	const named = namedValues(schema);
	const below: Iterable<readonly [string, Schema]> =
		named === undefined ? fixedKeys(schema) : Object.keys(valueAt(value, path) ?? {}).map((name) => [name, named]);
	return [...own, ...[...below].flatMap(([key, inner]) => secretKeys(inner, value, [...path, key]))];
}

/** What is secret in a configuration: values of its secret keys, and the passwords in its addresses. */
export function secretsIn(schema: Schema, value: unknown): string[] {
	return secretKeys(schema, value).flatMap(({ path, kind }) => {
		const written = valueAt(value, path);
		if (typeof written !== "string") return [];
		return kind === "secret" ? [written] : passwordsIn(written);
	});
}

/** What libraries take from the environment by themselves. */
export function secretsOfEnvironment(env: Readonly<Record<string, string | undefined>>): string[] {
	const secrets = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD"].flatMap((name) => env[name] ?? []);
	const headers = Object.keys(env).filter((name) => /^OTEL_EXPORTER_OTLP_(\w+_)?HEADERS$/.test(name));
	const values = headers.flatMap((name) =>
		(env[name] ?? "").split(",").map((pair) => pair.slice(pair.indexOf("=") + 1)),
	);
	return [...secrets, ...values.flatMap((value) => [value, decoded(value)])];
}

/** A password that is the name of its user or database as well is none: covered, it would take the name with it. */
function passwordsIn(address: string): string[] {
	const [, user = "", password = "", rest = ""] = /:\/\/([^\s:@/]*):(.*)@(.*)$/.exec(address) ?? [];
	const [, parameter = ""] = /[?&](?:password|passphrase|secret|token)=([^&]*)/i.exec(address) ?? [];
	const names = [user, ...rest.split(/[/?]/)];
	return [password, parameter]
		.filter((secret) => secret !== "" && !names.includes(secret))
		.flatMap((secret) => [secret, decoded(secret)]);
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
