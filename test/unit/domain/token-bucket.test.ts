import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { takeToken } from "#domain/token-bucket.ts";

/** What a bucket is by its definition: tokens that come at a rate, up to so many. */
function filledBucket(perSecond: number, burst: number) {
	let tokens = burst;
	let at = 0;
	return (now: number) => {
		tokens = Math.min(burst, tokens + ((now - at) * perSecond) / 1000);
		at = now;
		const allowed = tokens >= 1 - 1e-6;
		if (allowed) tokens -= 1;
		return { allowed, tokens };
	};
}

describe("a token bucket", () => {
	it("is what the definition says, whenever it is asked", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 1000 }),
				fc.integer({ min: 1, max: 50 }),
				fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 200 }),
				(perSecond, burst, pauses) => {
					const defined = filledBucket(perSecond, burst);
					let full: number | undefined;
					let now = 0;
					for (const pause of pauses) {
						now += pause;
						const expected = defined(now);
						const [taken, next] = takeToken(full, now, perSecond, burst);
						full = next;
						expect(taken.allowed).toBe(expected.allowed);
						expect(Math.abs(taken.left - expected.tokens)).toBeLessThanOrEqual(1);
						expect(taken.fullInMs).toBeCloseTo(((burst - expected.tokens) * 1000) / perSecond, 3);
					}
				},
			),
		);
	});

	it("lets in again exactly when it says so", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 20 }), (perSecond, burst) => {
				let full: number | undefined;
				for (let n = 0; n < burst; n++) full = takeToken(full, 0, perSecond, burst)[1];
				const [{ allowed, againInMs }] = takeToken(full, 0, perSecond, burst);
				expect([allowed, againInMs > 0]).toEqual([false, true]);
				expect(takeToken(full, againInMs - 0.01, perSecond, burst)[0].allowed).toBe(false);
				expect(takeToken(full, againInMs, perSecond, burst)[0].allowed).toBe(true);
			}),
		);
	});

	it("is not emptied by who asks in vain", () => {
		const [, full] = takeToken(undefined, 0, 1, 1);
		let last = full;
		for (let n = 0; n < 100; n++) last = takeToken(last, 10, 1, 1)[1];
		expect(last).toBe(full);
	});
});
