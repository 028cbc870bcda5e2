import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { manifestJsonSchema, manifestSchema } from "#domain/manifest-schema.ts";
import type { Manifest } from "#domain/result.ts";
import { aManifest } from "#test/support/manifest.ts";

test("the published JSON Schema is the one of the declaration (else: write there what manifestJsonSchema() gives)", () => {
	const published = new URL("../../../pipeline/domain/manifest.schema.json", import.meta.url);
	expect(JSON.parse(readFileSync(published, "utf8"))).toEqual(manifestJsonSchema());
});

test("the declaration has every field of the type, and no more", () => {
	expect(manifestSchema.parse(aManifest)).toEqual(aManifest);
	expect(manifestSchema.safeParse({ ...aManifest, unheardOf: 1 }).data).toEqual(aManifest);
});

test.each<[string, object]>([
	["another format", { format: "manifest" }],
	["a version that does not exist yet", { version: 2 }],
	["no fencing token", { token: undefined }],
	["a digest that is none", { artifacts: [{ name: "a", mediaType: "text/csv", size: 1, sha256: "ab" }] }],
	["an infinite measurement as a number", { measurements: [{ name: "a", value: "infinite", unit: "" }] }],
])("the JSON Schema refuses %s", (_what, change) => {
	const valid = schemaCheck();
	expect(valid(aManifest)).toBe(true);
	expect(valid(JSON.parse(JSON.stringify({ ...aManifest, ...change })))).toBe(false);
});

test.each<[string, Manifest["measurements"][number]["value"]]>([
	["a double with all its digits", 0.1 + 0.2],
	["NaN", "NaN"],
	["an infinity", "-Inf"],
	["NA", null],
])("the JSON Schema takes %s as a measurement", (_what, value) => {
	expect(schemaCheck()({ ...aManifest, measurements: [{ name: "a", value, unit: "mg/L" }] })).toBe(true);
});

function schemaCheck() {
	return new Ajv2020({ validateFormats: false }).compile(manifestJsonSchema());
}
