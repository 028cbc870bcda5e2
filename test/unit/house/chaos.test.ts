import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../../../deploy/dev/chaos.ts", import.meta.url));

function chaos(...args: readonly string[]) {
	return spawnSync(process.execPath, ["--conditions=source", program, ...args], { encoding: "utf8" });
}

describe("npm run chaos", () => {
	it("lists its faults for who asks for help", () => {
		const { status, stdout } = chaos("--help");
		expect(status).toBe(0);
		for (const kind of ["process", "steps", "broker", "postgres", "s3", "redis", "network", "clock"])
			expect(stdout).toMatch(new RegExp(`^ {2}${kind}\\.`, "m"));
	});

	it.each([
		[["--seed", "seven"], '--seed is a whole number from 0 to 2147483647, not "seven"'],
		[["--rounds", "0"], '--rounds is a whole number from 1 to 2147483647, not "0"'],
		[["--only", "earthquake"], "there is no fault earthquake; --help lists them"],
		[["--quick"], "Unknown option '--quick'"],
	])("refuses %s, begins nothing and ends with 2", (args, why) => {
		const { status, stdout, stderr } = chaos(...args);
		expect(stderr).toContain(why);
		expect(stdout).toBe("");
		expect(status).toBe(2);
	});
});
