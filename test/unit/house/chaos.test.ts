import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { drawFaults } from "#test/chaos/faults/every.ts";
import { seededRandom } from "#test/support/seeded-random.ts";

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

describe("what chaos draws", () => {
	const drawn = (seed: number, slow: boolean) => {
		const random = seededRandom(seed);
		return Array.from({ length: 3_000 }, () => drawFaults(random, { slow }).map(({ name }) => name));
	};

	it("is the same for the same seed, and another for another", () => {
		expect(drawn(7, true)).toEqual(drawn(7, true));
		expect(drawn(8, true)).not.toEqual(drawn(7, true));
	});

	it("is every fault that there is, and without time for it none that is slow", () => {
		const all = chaos("--help")
			.stdout.match(/^ {2}\w+\.\S+$/gm)
			?.map((line) => line.trim());
		expect(new Set(drawn(7, true).flat())).toEqual(new Set(all));
		const slow = ["broker.stop", "clock.zombie-work"];
		expect(new Set(drawn(7, false).flat())).toEqual(new Set(all?.filter((name) => !slow.includes(name))));
	});

	it("comes one at a time and in pairs, of different kinds", () => {
		const kinds = drawn(7, true).map((names) => names.map((name) => name.split(".")[0]));
		expect(new Set(kinds.map(({ length }) => length))).toEqual(new Set([1, 2]));
		expect(kinds.filter(([one, other]) => one === other)).toEqual([]);
	});
});
