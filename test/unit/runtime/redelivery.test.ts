import { describe, expect, it } from "vitest";
import { permanent, transient } from "#core/errors.ts";
import { delivered, type Outcome, rejected, retry } from "#core/outcome.ts";
import { startTrace } from "#core/trace.ts";
import type { Drawn } from "#runtime/intake.ts";
import { redelivering } from "#runtime/redelivery.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const away = transient("AWAY", "away");

function source(values: string[]) {
	const told: [string, Outcome["kind"]][] = [];
	const draw = async (max: number, signal: AbortSignal): Promise<readonly Drawn<string>[]> => {
		if (values.length === 0) {
			await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
			return [];
		}
		return values.splice(0, max).map((value) => ({
			value,
			trace: startTrace(),
			resolved: ({ kind }: Outcome) => told.push([value, kind]),
		}));
	};
	return { draw, told };
}

const valuesOf = (drawn: readonly Drawn<string>[]) => drawn.map(({ value }) => value);

describe("redelivery", () => {
	it("brings a message back after the time that its outcome names", async () => {
		const clock = new ManualClock();
		const { draw, told } = source(["a"]);
		const again = redelivering(draw, clock);
		const signal = new AbortController().signal;
		const [first] = await again(10, signal);
		first?.resolved(retry(away, 1_000));
		let second: readonly Drawn<string>[] = [];
		void again(10, signal).then((drawn) => {
			second = drawn;
		});
		await clock.advance(999);
		expect(second).toEqual([]);
		await clock.advance(1);
		expect(valuesOf(second)).toEqual(["a"]);
		expect(told).toEqual([]);
		second[0]?.resolved(delivered);
		expect(told).toEqual([["a", "delivered"]]);
	});

	it("tells a rejection and a delivery at once", async () => {
		const { draw, told } = source(["a", "b"]);
		const drawn = await redelivering(draw, new ManualClock())(10, new AbortController().signal);
		drawn[0]?.resolved(rejected(permanent("BAD", "bad")));
		drawn[1]?.resolved(delivered);
		expect(told).toEqual([
			["a", "rejected"],
			["b", "delivered"],
		]);
	});

	it("interrupts a draw that waits when a message comes back", async () => {
		const clock = new ManualClock();
		const { draw } = source(["a"]);
		const again = redelivering(draw, clock);
		const signal = new AbortController().signal;
		const [first] = await again(1, signal);
		let second: readonly Drawn<string>[] = [];
		void again(1, signal).then((drawn) => {
			second = drawn;
		});
		await clock.advance(0);
		first?.resolved(retry(away, 50));
		await clock.advance(50);
		expect(valuesOf(second)).toEqual(["a"]);
	});

	it("waits longer each time where the outcome names no time", async () => {
		const clock = new ManualClock();
		const { draw } = source(["a"]);
		const again = redelivering(draw, clock);
		const signal = new AbortController().signal;
		const waits: number[] = [];
		let [drawn] = await again(1, signal);
		for (let i = 0; i < 4; i++) {
			drawn?.resolved(retry(away));
			const from = clock.monotonic();
			let next: readonly Drawn<string>[] = [];
			void again(1, signal).then((found) => {
				next = found;
			});
			while (next.length === 0) await clock.advance(10);
			[drawn] = next;
			waits.push(clock.monotonic() - from);
		}
		expect(waits[3]).toBeGreaterThan((waits[0] as number) * 2);
	});

	it("draws nothing new while too many wait: memory is bounded, and the rest is safe where it comes from", async () => {
		const clock = new ManualClock();
		const { draw } = source(Array.from({ length: 10_001 }, (_, i) => String(i)));
		const again = redelivering(draw, clock);
		const signal = new AbortController().signal;
		for (const drawn of await again(10_000, signal)) drawn.resolved(retry(away, 1_000));
		let next: readonly Drawn<string>[] = [];
		void again(1, signal).then((drawn) => {
			next = drawn;
		});
		await clock.advance(999);
		expect(next).toEqual([]);
		await clock.advance(1);
		expect(valuesOf(next)).toEqual(["0"]);
		expect(valuesOf(await again(10_000, signal))).toHaveLength(9_999);
		expect(valuesOf(await again(10_000, signal))).toEqual(["10000"]);
	});

	it("goes on when a draw that waits for its neighbour is interrupted by a message that comes back", async () => {
		const clock = new ManualClock();
		const { draw } = source(["a"]);
		const waitsForNeighbour = async (max: number, signal: AbortSignal) => {
			const drawn = await draw(max, signal);
			if (drawn.length === 0) throw transient("ENDING", "the process is ending");
			return drawn;
		};
		const again = redelivering(waitsForNeighbour, clock);
		const signal = new AbortController().signal;
		const [first] = await again(1, signal);
		first?.resolved(retry(away, 50));
		let second: readonly Drawn<string>[] = [];
		void again(1, signal).then((drawn) => {
			second = drawn;
		});
		await clock.advance(50);
		expect(valuesOf(second)).toEqual(["a"]);
	});

	it("ends when it is told to", async () => {
		const controller = new AbortController();
		const { draw } = source([]);
		const drawn = redelivering(draw, new ManualClock())(1, controller.signal);
		controller.abort();
		expect(await drawn).toEqual([]);
	});
});
