import { describe, expect, it } from "vitest";
import { Breaker } from "#connectors/redis/breaker.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

function opened(clock: ManualClock): Breaker {
	const breaker = new Breaker(clock);
	expect([breaker.failed(), breaker.failed(), breaker.failed()]).toEqual([false, false, true]);
	return breaker;
}

describe("a circuit breaker", () => {
	it("stays closed while failures are not in a row", () => {
		const breaker = new Breaker(new ManualClock());
		for (const _ of [1, 2, 3]) {
			expect([breaker.failed(), breaker.failed(), breaker.succeeded()]).toEqual([false, false, false]);
		}
		expect(breaker.allows()).toBe(true);
	});

	it("lets nobody through while it is open, and one after its pause", async () => {
		const clock = new ManualClock();
		const breaker = opened(clock);
		expect(breaker.allows()).toBe(false);
		await clock.advance(breaker.pauseMs);
		expect([breaker.allows(), breaker.allows()]).toEqual([true, false]);
	});

	it("closes when the probe succeeds, and says so once", async () => {
		const clock = new ManualClock();
		const breaker = opened(clock);
		await clock.advance(breaker.pauseMs);
		breaker.allows();
		expect([breaker.succeeded(), breaker.succeeded()]).toEqual([true, false]);
		expect([breaker.allows(), breaker.allows()]).toEqual([true, true]);
	});

	it("pauses longer after each probe that fails, up to 5 s, and says once that it has opened", async () => {
		const clock = new ManualClock();
		const breaker = opened(clock);
		const pauses: number[] = [];
		for (let probes = 0; probes < 7; probes++) {
			pauses.push(breaker.pauseMs);
			await clock.advance(breaker.pauseMs);
			expect([breaker.allows(), breaker.failed()]).toEqual([true, false]);
		}
		expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
	});

	it("tries at once when its neighbour was seen", () => {
		const breaker = opened(new ManualClock());
		breaker.probe();
		expect([breaker.allows(), breaker.allows()]).toEqual([true, false]);
	});
});
