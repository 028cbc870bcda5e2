import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { defaultObjectives } from "#domain/objectives.ts";
import { alertCatalogue } from "#observability/alerts/alert-catalogue.ts";

test("each alert has a test that provokes it in a running system", () => {
	const tests = globSync("test/e2e/*alerts.test.ts")
		.map((file) => readFileSync(file, "utf8"))
		.join("\n");
	const names = alertCatalogue(defaultObjectives).map(({ name }) => name);
	expect(names.filter((name) => !new RegExp(`\\b(WatchRabbit)?${name}\\b`).test(tests))).toEqual([]);
});
