import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { hops } from "#domain/hops.ts";
import { conventions } from "#test/support/conventions.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

const attribute = /"((?:messaging|db|http|url|file|error|server|service|aws)\.[a-z_.0-9]+)":/g;

const valued = /"((?:messaging\.operation\.type|db\.system\.name))": "(\w+)"/g;

test("attributes of spans have the present names of the conventions, and their present words for what is done", () => {
	const known = conventions();
	expect([known.get("messaging.system"), known.get("messaging.operation.type=publish")]).toEqual([
		"deprecated",
		"deprecated",
	]);
	const files = globSync(["pipeline/{runtime,api,app}/*.ts", "observability/*.ts"], { cwd: root });
	const used = new Set(
		files.flatMap((file) => {
			const text = readFileSync(join(root, file), "utf8");
			const names = [...text.matchAll(attribute)].map(([, name]) => name as string);
			return [...names, ...[...text.matchAll(valued)].map(([, name, value]) => `${name}=${value}`)];
		}),
	);
	expect(used.size).toBeGreaterThan(15);
	expect([...used].filter((name) => known.get(name) !== "present")).toEqual([]);
});

test("every hop is declared in words, and is on the map of them", () => {
	const map = readFileSync(join(root, "pipeline/domain/hops.ts"), "utf8").split("export const hops")[0] ?? "";
	for (const [name, { words }] of Object.entries(hops)) {
		expect(words).toMatch(/^[A-Z]/);
		expect(map, name).toMatch(new RegExp(`[-*|,;.+] ${name}\\b|  ${name}\\b`));
	}
});
