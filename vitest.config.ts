import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { LongestFirst } from "./test/support/longest-first.ts";

/**
 * Groups run one after the other: what only computes shares the cores; what starts programs waits for them most of the
 * time, so that two files do well beside each other.
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
		sequence: { sequencer: LongestFirst },
		// Workers and child processes that a test starts find the sources as well.
		execArgv: ["--conditions=source"],
		projects: [
			group(0, "unit", ["unit", "contract"], { testTimeout: 20_000 }),
			group(1, "integration", ["integration"], programs),
			// Faults are let loose on the services of a worker, which its files share.
			group(1, "chaos", ["chaos"], { ...programs, isolate: false }),
			group(1, "e2e", ["e2e"], programs),
		],
	},
});
