import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { transient } from "#core/errors.ts";
import { WakeUp } from "#core/wake-up.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const hourMs = 3_600_000;
const never = new AbortController().signal;

describe("waking up", () => {
	it("gives at once what is there", async () => {
		expect(await new WakeUp().find(() => "found", never, hourMs)).toBe("found");
	});

	it("looks again at every ring until there is something", async () => {
		const wakeUp = new WakeUp();
		let looks = 0;
		const found = wakeUp.find(() => (++looks === 3 ? looks : undefined), never, hourMs);
		wakeUp.ring();
		await Promise.resolve();
		wakeUp.ring();
		expect(await found).toBe(3);
	});

	it("looks by itself for what nobody rings for", async () => {
		let looks = 0;
		expect(await new WakeUp().find(() => (++looks === 3 ? looks : undefined), never, 1)).toBe(3);
	});

	it("wakes everybody who waits", async () => {
		const wakeUp = new WakeUp();
		let there = false;
		const waiting = [1, 2, 3].map(() => wakeUp.find(() => there || undefined, never, hourMs));
		there = true;
		wakeUp.ring();
		expect(await Promise.all(waiting)).toEqual([true, true, true]);
	});

	it("ends with nothing when the wait is aborted, and does not look once it is", async () => {
		const abort = new AbortController();
		const wakeUp = new WakeUp();
		const waiting = wakeUp.find(() => undefined, abort.signal, hourMs);
		abort.abort();
		expect(await waiting).toBeUndefined();
		expect(await wakeUp.find(() => "there", abort.signal, hourMs)).toBeUndefined();
	});

	it("fails everybody who waits, now or later, once it is closed", async () => {
		const wakeUp = new WakeUp();
		const waiting = wakeUp.find(() => undefined, never, hourMs);
		wakeUp.close(transient("GONE", "closed"));
		await expect(waiting).rejects.toMatchObject({ code: "GONE" });
		await expect(wakeUp.find(() => "there", never, hourMs)).rejects.toMatchObject({ code: "GONE" });
	});

	it("fails with what the look throws", async () => {
		const broken = () => {
			throw transient("DISK_FULL", "full");
		};
		await expect(new WakeUp().find(broken, never, hourMs)).rejects.toMatchObject({ code: "DISK_FULL" });
	});

	describe("for one who looks by itself", () => {
		const waited = (wakeUp: WakeUp, clock: ManualClock, signal = never) => {
			const state = { over: false };
			void wakeUp.wait(1_000, clock, signal).then(() => {
				state.over = true;
			});
			return state;
		};

		it("is over at a ring, or when the time is", async () => {
			const [wakeUp, clock] = [new WakeUp(), new ManualClock()];
			const rung = waited(wakeUp, clock);
			await clock.advance(999);
			expect(rung.over).toBe(false);
			wakeUp.ring();
			await clock.advance(0);
			expect(rung.over).toBe(true);
			const timed = waited(wakeUp, clock);
			await clock.advance(1_000);
			expect(timed.over).toBe(true);
		});

		it("is over at once when it rang while one looked, and that once", async () => {
			const [wakeUp, clock] = [new WakeUp(), new ManualClock()];
			wakeUp.ring();
			wakeUp.ring();
			const first = waited(wakeUp, clock);
			await clock.advance(0);
			const second = waited(wakeUp, clock);
			await clock.advance(0);
			expect([first.over, second.over]).toEqual([true, false]);
			wakeUp.ring();
		});

		it("is over when it is told to end, and leaves neither timer nor listener", async () => {
			const [wakeUp, clock, abort] = [new WakeUp(), new ManualClock(), new AbortController()];
			const ended = waited(wakeUp, clock, abort.signal);
			abort.abort();
			await clock.advance(0);
			expect([ended.over, clock.waiting, getEventListeners(abort.signal, "abort").length]).toEqual([true, 0, 0]);
		});
	});
});
