import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type PoolLoad, PoolSize } from "#r-workers/pool-size.ts";
import { poolSettings } from "#test/support/pool-settings.ts";

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
	vi.useRealTimers();
});

const idle: PoolLoad = { busy: 0, waitingSince: undefined };

/** One that looks at the load that stands in `load`, and keeps its sizes, with the second of each. */
function observed() {
	const load = { now: idle };
	const settings = poolSettings({ workers: 4, autoscale: { least: 1, waitMs: 10_000 } });
	const seen: string[] = [];
	const look = () => {
		if (size.see(load.now) !== 0) seen.push(`${size.now} after ${Math.round(performance.now() / 1000)} s`);
	};
	const size = new PoolSize(settings, look);
	const change = (now: PoolLoad) => {
		load.now = now;
		look();
	};
	const startedAt = performance.now();
	return { size, seen, change, startedAt };
}

describe("a pool between two bounds", () => {
	test("begins with the least, and has one more whenever a run has waited too long, up to the most", () => {
		const { size, seen, change } = observed();
		expect(size.now).toBe(1);
		vi.advanceTimersByTime(100_000);
		change({ busy: 1, waitingSince: performance.now() });
		vi.advanceTimersByTime(9_999);
		expect(size.now).toBe(1);
		vi.advanceTimersByTime(100_000);
		expect(size.now).toBe(4);
		expect(seen).toEqual(["2 after 110 s", "3 after 120 s", "4 after 130 s"]);
	});

	test("stays as it is while runs wait less than that", () => {
		const { size, change } = observed();
		for (let i = 0; i < 100; i++) {
			change({ busy: 1, waitingSince: performance.now() });
			vi.advanceTimersByTime(9_000);
		}
		expect(size.now).toBe(1);
	});

	test("gives up one at a time when they were not all needed for six times as long, down to the least", () => {
		const { size, seen, change } = observed();
		change({ busy: 1, waitingSince: performance.now() });
		vi.advanceTimersByTime(20_000);
		change({ busy: 3, waitingSince: undefined });
		vi.advanceTimersByTime(500_000); // all are busy
		expect(size.now).toBe(3);
		change({ busy: 2, waitingSince: undefined });
		vi.advanceTimersByTime(59_999);
		expect(size.now).toBe(3);
		vi.advanceTimersByTime(1);
		expect(size.now).toBe(2);
		vi.advanceTimersByTime(500_000); // both are busy
		expect(size.now).toBe(2);
		change(idle);
		vi.advanceTimersByTime(500_000);
		expect(size.now).toBe(1);
		expect(seen.slice(-2)).toEqual(["2 after 580 s", "1 after 1140 s"]);
	});

	test("one without bounds never changes", () => {
		const size = new PoolSize(poolSettings({ workers: 3 }), () => expect.unreachable());
		expect(size.see({ busy: 3, waitingSince: performance.now() - 1e9 })).toBe(0);
		vi.advanceTimersByTime(1e9);
		expect(size.now).toBe(3);
	});
});
