import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { configJsonSchema } from "#config/schema.ts";
import { minimal } from "#test/support/config-workspace.ts";

test("the published JSON Schema is the one of the declaration (else: watchrabbit config schema > pipeline/config/watchrabbit.schema.json)", () => {
	const published = new URL("../../../pipeline/config/watchrabbit.schema.json", import.meta.url);
	expect(JSON.parse(readFileSync(published, "utf8"))).toEqual(configJsonSchema());
});

test("the JSON Schema takes what the declaration takes, and refuses what it refuses", () => {
	const valid = new Ajv({ strict: false }).compile(configJsonSchema());
	expect(valid(parse(minimal))).toBe(true);
	expect(valid(parse(`${minimal}dta: x`))).toBe(false);
	expect(valid(parse(minimal.replace("watch: in", "watch: in, scanEvery: 60")))).toBe(false);
	expect(valid(parse(minimal.replace("watch: in", "watch: in, scanEvery: 60s")))).toBe(true);
	expect(valid({ pipelines: { p: { from: "a", analysis: "b", stages: [{ batch: { count: 2 } }] } } })).toBe(false);
});
