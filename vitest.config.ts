import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

/**
 * Groups run one after the other: what only computes shares the cores; what starts programs waits for them most of the
 * time, so that two files do well beside each other; faults are let loose on one set of services at a time.
 */
function group(order: number, name: string, folders: string[], test: TestProjectInlineConfiguration["test"]) {
	const include = folders.map((folder) => `test/${folder}/**/*.test.ts`);
	return { extends: true as const, test: { name, include, sequence: { groupOrder: order }, ...test } };
}

const programs = { maxWorkers: 2, testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
	resolve: { conditions: ["source"] },
	ssr: { resolve: { conditions: ["source", "node"] } },
	test: {
		environment: "node",
		// Workers and child processes that a test starts find the sources as well.
		execArgv: ["--conditions=source"],
		projects: [
			group(0, "unit", ["unit", "contract"], { testTimeout: 20_000 }),
			group(1, "integration", ["integration"], programs),
			group(2, "chaos", ["chaos"], { ...programs, maxWorkers: 1 }),
			group(3, "e2e", ["e2e"], programs),
		],
	},
});
