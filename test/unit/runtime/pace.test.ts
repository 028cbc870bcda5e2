import { describe, expect, it } from "vitest";
import { Pace } from "#runtime/pace.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

describe("a pace", () => {
	const gapMs = 40;
	/** Who goes on, in order. */
	function bench() {
		const clock = new ManualClock();
		const pace = new Pace(gapMs, clock);
		const gone: string[] = [];
		const come = (name: string) => void pace.pass().then(() => gone.push(name));
		const wait = async (ms: number) => {
			await clock.advance(ms);
			return gone.splice(0);
		};
		return { come, wait };
	}

	it("lets go on at once who comes when it is quiet", async () => {
		const { come, wait } = bench();
		come("first");
		expect(await wait(0)).toEqual(["first"]);
		await wait(gapMs);
		come("later");
		expect(await wait(0)).toEqual(["later"]);
	});

	it("lets go on together who comes soon after another, a gap later", async () => {
		const { come, wait } = bench();
		for (const name of ["first", "a", "b"]) come(name);
		expect(await wait(gapMs - 1)).toEqual(["first"]);
		come("c");
		expect(await wait(1)).toEqual(["a", "b", "c"]);
	});

	it("keeps the gap as long as somebody comes", async () => {
		const { come, wait } = bench();
		come("first");
		come("a");
		await wait(gapMs);
		come("b");
		expect(await wait(gapMs - 1)).toEqual([]);
		expect(await wait(1)).toEqual(["b"]);
		await wait(gapMs);
		come("quiet again");
		expect(await wait(0)).toEqual(["quiet again"]);
	});
});
