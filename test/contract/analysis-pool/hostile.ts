import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { EngineCapabilities, PoolUnderTest } from "../analysis-pool.ts";
import { type Hostility, hostilities, ruins } from "./hostilities.ts";

type State = ReadonlyMap<string, string>;

export function describeHostile(use: () => PoolUnderTest, { programs }: EngineCapabilities): void {
	describe("a run sees nothing of what a hostile one before it did", () => {
		const known = hostilities.filter(({ ofProcess }) => programs || ofProcess !== true);
		let clean: State;
		let spoiled: State;
		let after: State;

		/** What a run sees, which does something of its own before each look. */
		async function look(doing: (hostility: Hostility) => string): Promise<State> {
			const { bench, pool } = use();
			const looks = known.map((each) => `${doing(each)}\nsay(${JSON.stringify(each.what)}, ${each.look})`);
			const record = await bench.complete(pool, [say, ...looks].join("\n"));
			const seen = readFileSync(record.artifacts.find(({ name }) => name === "seen")?.file ?? "", "utf8");
			return new Map(seen.split("\u001e").map((entry) => entry.split("\u001f") as [string, string]));
		}

		beforeAll(async () => {
			clean = await look(() => "");
			spoiled = await look(({ change }) => change);
			after = await look(() => "");
		});

		test.each(known)("$what", ({ what }) => {
			expect(spoiled.get(what)).not.toBe(clean.get(what));
			expect(after.get(what)).toBe(clean.get(what));
		});

		test.each(ruins)("not even of one that ruins its R (%s): %s", async (code, script) => {
			const { bench, pool } = use();
			const { outcome, cause } = await pool.run(bench.request(script));
			expect([outcome, cause?.code]).toEqual([code === undefined ? "completed" : "failed", code]);
			const { log } = await bench.complete(pool, `cat("all", "is\\n", file = stdout()); message(paste0("we", "ll"))`);
			expect(log).toBe("all is\nwell\n");
		});
	});
}

/** R code: `say` writes down what is seen, whatever is done to the functions that it uses. */
const say = `
	say <- local({
		cat <- base::cat; deparse <- base::deparse; force <- base::force
		seen <- file.path(normalizePath(commandArgs(TRUE)), "seen")
		function(what, x) cat(what, "\\037", deparse(x), "\\036", sep = "", file = seen, append = TRUE)
	})
	said <- c("say", "said", ".Random.seed")`;
