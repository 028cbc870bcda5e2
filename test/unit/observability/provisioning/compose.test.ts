import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { defaultObjectives } from "#domain/objectives.ts";
import { provisioning } from "#observability/provisioning/provisioning.ts";

interface Container {
	readonly image: string;
	readonly network_mode: string;
	readonly volumes: readonly string[];
}

const directory = "/observed";
const folder = new URL("../../../../deploy/compose/", import.meta.url);
const text = readFileSync(new URL("observability.yml", folder), "utf8").replaceAll(
	/\$\{WATCHRABBIT_OBSERVE[^}]*\}/g,
	directory,
);
const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, Container>> };
const written = provisioning({ directory, broker: undefined, objectives: defaultObjectives });

test("containers read what up --observe writes, at the path that it has outside", () => {
	const read = [...text.matchAll(/\/observed\/([\w./-]+)/g)].map(([, path]) => path as string);
	expect(read.length).toBeGreaterThan(3);
	for (const path of read)
		expect(
			written.some((one) => one.path === path || one.path.startsWith(`${path}/`)),
			path,
		).toBe(true);
	for (const name of ["prometheus", "alertmanager", "grafana"])
		expect(services[name]?.volumes[0]).toBe(`${directory}:${directory}:ro`);
});

test("containers listen where these files look for them", () => {
	for (const { network_mode } of Object.values(services)) expect(network_mode).toBe("host");
	const looked = written.flatMap(({ path, text }) =>
		/prometheus\.yml|datasources/.test(path) ? [...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => port) : [],
	);
	expect(new Set(looked)).toEqual(new Set(["9090", "9093", "3200"]));
	expect(text).toContain("--web.listen-address=127.0.0.1:9090");
	expect(text).toContain("--web.listen-address=127.0.0.1:9093");
	expect(text).toContain("http_listen_port: 3200");
});

test.each(["observability.yml", "test-services.yml"])("%s is what the Compose specification takes", (name) => {
	const { $schema: _, ...schema } = JSON.parse(
		readFileSync(new URL("schemas/compose.schema.json", import.meta.resolve("dclint/package.json")), "utf8"),
	);
	const valid = new Ajv({ strict: false, validateFormats: false }).compile(schema);
	const composed = parse(readFileSync(new URL(name, folder), "utf8"), { merge: true });
	expect(valid(composed), JSON.stringify(valid.errors)).toBe(true);
	const [first] = Object.keys(composed.services);
	Object.assign(composed.services[first as string], { imagge: "none" });
	expect(valid(composed)).toBe(false);
});

test("containers are of a version that stays what it is", () => {
	for (const { image } of Object.values(services)) expect(image).toMatch(/^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/);
});
