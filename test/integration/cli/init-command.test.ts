import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProgram } from "#cli/program.ts";
import { workspace } from "#test/support/config-workspace.ts";
import { paper, SmallLab } from "#test/support/small-lab.ts";

/** What a command line prints in a directory, and what it ends with. */
async function run(directory: string, ...argv: string[]) {
	const lab = new SmallLab();
	const { terminal, printed } = paper(directory);
	const exitCode = await createProgram(lab.application(), terminal).run(argv);
	lab.directory.remove();
	return { exitCode, ...printed() };
}

test("init writes what config check finds right, and says how to go on", async () => {
	const { directory, write } = workspace();
	write("in/p1.csv", "1");
	const { exitCode, stderr } = await run(directory, "init", "in", "--analysis", "a.R");
	expect(exitCode).toBe(0);
	expect(stderr).toContain("wrote watchrabbit.yaml\nwrote watchrabbit.schema.json\n");
	expect(stderr).toContain("  watchrabbit try 'in/p1.csv' --pipeline a\n  watchrabbit up\n");
	expect((await run(directory, "config", "check")).exitCode).toBe(0);
	expect(existsSync(join(directory, "analysis.R"))).toBe(false);
	expect(readFileSync(join(directory, "watchrabbit.schema.json"), "utf8")).toContain("WatchRabbit configuration");
});
