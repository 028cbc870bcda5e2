import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { pageOf, type Run, recorded } from "../../../deploy/dev/matrix/record.ts";
import { suites, versions } from "../../../deploy/dev/matrix/versions.ts";

const file = (name: string) => readFileSync(fileURLToPath(new URL(`../../../deploy/${name}`, import.meta.url)), "utf8");
const run: Run = {
	name: "postgres-17",
	suite: "contract and integration",
	version: "17.6",
	passed: 7,
	failed: 0,
	skipped: 1,
	date: "2026-11-21",
};

describe("npm run test:matrix", () => {
	it.each([
		["--only", "rabbitmq-2"],
		["--suite", "luck"],
	])("of what there is not (%s %s) says what there is", (...args) => {
		const program = fileURLToPath(new URL("../../../deploy/dev/matrix.ts", import.meta.url));
		const { status, stderr } = spawnSync(process.execPath, ["--conditions=source", program, ...args], {
			encoding: "utf8",
		});
		expect(status).toBe(2);
		expect(stderr).toContain("rabbitmq-3.10, rabbitmq-4.0, rabbitmq-4.3, postgres-15");
		expect(stderr).toContain("contract and integration, messages, chaos");
	});
});

describe("the page of supported versions", () => {
	it("is the one that is made of what was run (else: npm run test:matrix)", () => {
		expect(file("supported-versions.md")).toBe(pageOf(JSON.parse(file("supported-versions.json"))));
	});

	it("tells of nothing but versions and suites that there are", () => {
		for (const { name, suite } of JSON.parse(file("supported-versions.json")) as Run[]) {
			expect(versions.map((version) => version.name)).toContain(name);
			expect(suites.map((one) => one.name)).toContain(suite);
		}
	});

	it("has a row for each version and suite, run or not", () => {
		const page = pageOf([run]);
		expect(page).toContain("| PostgreSQL | 17 | 17.6 | contract and integration | 7 | 0 | 1 | 2026-11-21 |");
		expect(page).toContain("| RabbitMQ | 4.3 |  | chaos |  |  |  | not run |");
	});

	it("keeps of each the last run, in the order of the table", () => {
		const later = { ...run, passed: 8 };
		const other = { ...run, name: "rabbitmq-4.0" };
		expect(recorded(recorded([run], other), later)).toEqual([other, later]);
	});
});
