import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { hops } from "#domain/hops.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Names of attributes that the conventions have now, by whether they still recommend them. */
function conventions(): Map<string, "present" | "deprecated"> {
	const package_ = dirname(fileURLToPath(import.meta.resolve("@opentelemetry/semantic-conventions/incubating")));
	const names = new Map<string, "present" | "deprecated">();
	for (const file of ["stable_attributes.d.mts", "experimental_attributes.d.mts"]) {
		const text = readFileSync(join(package_, file), "utf8");
		for (const [, comment, name] of text.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\s*declare const ATTR_\w+: "([^"]+)"/gs)) {
			names.set(name as string, comment?.includes("@deprecated") ? "deprecated" : "present");
		}
	}
	return names;
}

const attribute = /"((?:messaging|db|http|url|file|error|server|service|aws)\.[a-z_.0-9]+)":/g;

test("attributes of spans have the present names of the conventions", () => {
	const known = conventions();
	expect(known.get("messaging.system")).toBe("deprecated");
	const files = globSync(["pipeline/{runtime,api,app}/*.ts", "observability/{tracing,otlp-worker}.ts"], { cwd: root });
	const used = files.flatMap((file) =>
		[...readFileSync(join(root, file), "utf8").matchAll(attribute)].map(([, name]) => name as string),
	);
	expect(new Set(used).size).toBeGreaterThan(10);
	expect(used.filter((name) => known.get(name) !== "present")).toEqual([]);
});

test("every hop is declared in words, and is on the map of them", () => {
	const map = readFileSync(join(root, "pipeline/domain/hops.ts"), "utf8").split("export const hops")[0] ?? "";
	for (const [name, { words }] of Object.entries(hops)) {
		expect(words).toMatch(/^[A-Z]/);
		expect(map, name).toMatch(new RegExp(`[-*|,;.+] ${name}\\b|  ${name}\\b`));
	}
});
