import { describe, expect, it } from "vitest";
import { transient } from "#core/errors.ts";
import type { AttemptCause } from "#domain/job.ts";
import { backoffMs } from "#runtime/backoff.ts";
import { watchClock } from "#runtime/clock-steps.ts";
import { LeaseKeeper } from "#runtime/lease-keeper.ts";
import { Loop } from "#runtime/loop.ts";
import { causeFor, nextAttemptInMs } from "#runtime/retry-policy.ts";
import { ManualClock, settled } from "#test/support/manual-clock.ts";

describe("the keeper of a lease", () => {
	it("says when it is lost, and asks no more", async () => {
		const clock = new ManualClock();
		let asked = 0;
		const keeper = new LeaseKeeper(async () => ++asked < 3, 1_000, clock);
		await clock.advance(2_999);
		expect(keeper.lost.aborted).toBe(false);
		await clock.advance(1);
		expect(keeper.lost.aborted).toBe(true);
		await clock.advance(10_000);
		expect([asked, clock.waiting]).toEqual([3, 0]);
	});

	it("asks again after a fault: the lease may live longer", async () => {
		const clock = new ManualClock();
		let asked = 0;
		const keep = async () => {
			if (++asked === 1) throw transient("AWAY", "no connection");
			return true;
		};
		const keeper = new LeaseKeeper(keep, 1_000, clock);
		await clock.advance(3_000);
		expect([asked, keeper.lost.aborted]).toEqual([3, false]);
		keeper.end();
		expect(clock.waiting).toBe(0);
	});

	it("looks at once when it is told that somebody may have taken it away, and keeps its pace", async () => {
		const clock = new ManualClock();
		let ours = true;
		let asked = 0;
		const keep = async () => {
			asked += 1;
			return ours;
		};
		const keeper = new LeaseKeeper(keep, 1_000, clock);
		await clock.advance(500);
		keeper.look();
		keeper.look();
		await settled();
		expect([asked, clock.waiting]).toEqual([1, 1]);
		await clock.advance(999);
		expect(asked).toBe(1);
		await clock.advance(1);
		expect(asked).toBe(2);
		ours = false;
		keeper.look();
		await settled();
		expect(keeper.lost.aborted).toBe(true);
		keeper.look();
		expect([asked, clock.waiting]).toEqual([3, 0]);
	});

	it("leaves no timer when it is ended while it asks, and does not say lost any more", async () => {
		const clock = new ManualClock();
		let answer = (_ours: boolean) => {};
		const keeper = new LeaseKeeper(() => new Promise((resolve) => (answer = resolve)), 1_000, clock);
		await clock.advance(1_000);
		keeper.end();
		answer(false);
		await settled();
		expect([keeper.lost.aborted, clock.waiting]).toEqual([false, 0]);
	});
});

describe("steps of the wall clock", () => {
	async function watched(act: (clock: ManualClock) => Promise<void>): Promise<number[]> {
		const [clock, steps, controller] = [new ManualClock(), [] as number[], new AbortController()];
		const stepped = async (byMs: number) => void steps.push(byMs);
		const watching = watchClock(clock, controller.signal, stepped).catch(() => {});
		await act(clock);
		controller.abort();
		await watching;
		expect(clock.waiting).toBe(0);
		return steps;
	}

	it("are told once each, back and forth", async () => {
		const steps = await watched(async (clock) => {
			await clock.advance(5_000);
			clock.step(-3_600_000);
			await clock.advance(5_000);
			clock.step(60_000);
			await clock.advance(5_000);
		});
		expect(steps).toEqual([-3_600_000, 60_000]);
	});

	it("are not what a clock does that is slewed", async () => {
		const steps = await watched(async (clock) => {
			for (let i = 0; i < 100; i++) {
				clock.step(-1);
				await clock.advance(1_000);
			}
		});
		expect(steps).toEqual([]);
	});
});

describe("the retry policy", () => {
	const policy = { attempts: 3, backoffMs: 1_000, maxBackoffMs: 3_000 };
	const cause = (kind: AttemptCause["class"]): AttemptCause => ({ class: kind, code: "X", message: "x" });

	it("tries what may pass again until the attempts are used up", () => {
		const waits = [1, 2, 3].map((attempt) => nextAttemptInMs(cause("transient"), attempt, policy, () => 1));
		expect(waits).toEqual([1_000, 2_000, undefined]);
	});

	it("tries a fault of ours again as well", () => {
		expect(nextAttemptInMs(cause("fault"), 1, policy, () => 1)).toBe(1_000);
	});

	it("takes an error of a class that the pipeline names for one that may pass", () => {
		const error = { ...cause("permanent"), conditionClass: ["http_503", "http_error", "error", "condition"] };
		expect(causeFor(error, ["http_error"])).toEqual({ ...error, class: "transient" });
		expect(causeFor(error, ["other_error"])).toEqual(error);
		expect(causeFor(cause("permanent"), ["http_error"]).class).toBe("permanent");
	});

	it("does not try again what will fail the same way", () => {
		expect(nextAttemptInMs(cause("permanent"), 1, policy)).toBeUndefined();
	});

	it("backs off further each time up to a bound, at least half of it certain", () => {
		expect([1, 2, 3, 4, 60, 5_000].map((attempt) => backoffMs(attempt, 100, 500, () => 0))).toEqual([
			50, 100, 200, 250, 250, 250,
		]);
		expect(backoffMs(60, 100, 500, () => 1)).toBe(500);
	});
});

describe("a loop", () => {
	it("tells its failure, runs once, and is not started after its end", async () => {
		const broken: unknown[] = [];
		const onBroken = (error: unknown) => void broken.push(error);
		let runs = 0;
		const body = async () => {
			runs++;
			throw new Error("it broke");
		};
		const loop = new Loop();
		loop.start(body, onBroken);
		loop.start(body, onBroken);
		await loop.stop();
		loop.start(body, onBroken);
		expect(runs).toBe(1);
		const other = new Loop();
		other.start(body, onBroken);
		await settled();
		expect(broken).toMatchObject([{ message: "it broke" }]);
	});
});
