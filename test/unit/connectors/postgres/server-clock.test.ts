import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ServerClock } from "#connectors/postgres/server-clock.ts";
import { transient } from "#core/errors.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

describe("the clock of a server", () => {
	const hourMs = 3_600_000;
	let here: ManualClock;
	let aheadMs: number;
	let wayMs: number;
	let away: boolean;
	let clock: ServerClock;
	beforeEach(async () => {
		here = new ManualClock();
		[aheadMs, wayMs, away] = [hourMs, 0, false];
		clock = await ServerClock.open(async () => {
			if (away) throw transient("DATABASE_UNREACHABLE", "it is away");
			const there = here.now() + aheadMs;
			if (wayMs > 0) await new Promise<void>((resolve) => here.after(wayMs, resolve));
			return there;
		}, here);
	});
	afterEach(async () => {
		await clock.close();
		expect(here.waiting).toBe(0);
	});

	it("is the server's, whatever the one here says, and goes on with it", async () => {
		expect(clock.now()).toBe(here.now() + hourMs);
		await here.advance(1_500);
		expect(clock.now()).toBe(here.now() + hourMs);
	});

	it("does not see that the one here is set", async () => {
		const before = clock.now();
		here.step(-24 * hourMs);
		expect(clock.now()).toBe(before);
	});

	it("follows the server when that is set", async () => {
		aheadMs = 0;
		await here.advance(10_000);
		expect(clock.now()).toBe(here.now());
	});

	it("does not take a slow answer for a server that was set", async () => {
		wayMs = 3_000;
		await here.advance(15_000);
		expect(clock.now()).toBe(here.now() + hourMs);
	});

	it("is right from its beginning, though the first answer waits for a connection", async () => {
		let connectMs = 400;
		const ask = async () => {
			if (connectMs > 0) await here.advance(connectMs);
			connectMs = 0;
			return here.now() + aheadMs;
		};
		const second = await ServerClock.open(ask, here);
		expect(second.now()).toBe(here.now() + hourMs);
		await second.close();
	});

	it("goes on while the server is away", async () => {
		away = true;
		await here.advance(60_000);
		expect(clock.now()).toBe(here.now() + hourMs);
	});
});
