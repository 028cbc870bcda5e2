import { delay, map, mergeMap, type Observable, of, tap } from "rxjs";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import type { Envelope } from "#core/envelope.ts";
import { transient } from "#core/errors.ts";
import { inOrder } from "#core/in-order.ts";
import { delivered, type Outcome, retry } from "#core/outcome.ts";
import type { Receipt } from "#core/receipt.ts";
import { startTrace } from "#core/trace.ts";
import { Credits } from "#runtime/credits.ts";
import type { Drawn } from "#runtime/intake.ts";
import { Runner } from "#runtime/runner.ts";
import { ManualClock, settled } from "#test/support/manual-clock.ts";

/** A source of the numbers from 0 that never waits, and remembers what became of each. */
class Numbers {
	next = 0;
	readonly outcomes = new Map<number, Outcome>();
	readonly #total: number;

	constructor(total: number) {
		this.#total = total;
	}

	readonly draw = async (max: number, signal: AbortSignal): Promise<readonly Drawn<number>[]> => {
		if (this.next >= this.#total) {
			await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
			return [];
		}
		const drawn = Array.from({ length: Math.min(max, this.#total - this.next) }, () => this.next++);
		return drawn.map((value) => ({
			value,
			trace: startTrace(),
			resolved: (outcome: Outcome) => this.outcomes.set(value, outcome),
		}));
	};
}

const broken: unknown[] = [];
const onBroken = (error: unknown) => broken.push(error);

afterEach(() => {
	expect(broken.splice(0)).toEqual([]);
});

describe("the runner", () => {
	it("never has more messages on their way than it has credits", async () => {
		const numbers = new Numbers(100);
		const open: Receipt[] = [];
		const runner = new Runner({
			draw: numbers.draw,
			credits: 8,
			clock: systemClock,
			onBroken,
			graph: (in$) => in$.pipe(tap(({ receipt }) => open.push(receipt))),
		});
		runner.start();
		await settled();
		expect(open.length).toBe(8);
		open.shift()?.resolve(delivered);
		await settled();
		expect(numbers.next).toBe(9);
		expect(runner.load.inUse).toBe(8);
		for (const receipt of open.splice(0)) receipt.resolve();
		const stop = runner.drain(0);
		for (const receipt of open.splice(0)) receipt.resolve();
		await stop;
	});

	it("drains: reads no more, and waits for what is in flight", async () => {
		const numbers = new Numbers(Number.POSITIVE_INFINITY);
		const runner = new Runner({
			draw: numbers.draw,
			credits: 16,
			clock: systemClock,
			onBroken,
			graph: (in$) =>
				in$.pipe(
					mergeMap((envelope) => of(envelope).pipe(delay(5))),
					tap(({ receipt }) => receipt.resolve()),
				),
		});
		runner.start();
		await settled();
		await runner.drain(10_000);
		expect(runner.load.inUse).toBe(0);
		expect(numbers.outcomes.size).toBe(numbers.next);
		const read = numbers.next;
		await settled();
		expect(numbers.next).toBe(read);
	});

	it("gives up on what is still in flight when the grace is over", async () => {
		const clock = new ManualClock();
		const numbers = new Numbers(1);
		const runner = new Runner({
			draw: numbers.draw,
			credits: 1,
			clock,
			onBroken,
			graph: (in$) => in$.pipe(map(() => 0)),
		});
		runner.start();
		await settled();
		let over = false;
		const drained = runner.drain(1_000).then(() => {
			over = true;
		});
		await clock.advance(1_999);
		expect(over).toBe(false);
		await clock.advance(1);
		await drained;
		expect(clock.waiting).toBe(0);
	});

	it("needs no second grace for what waits for its turn behind work that has no end but ours", async () => {
		const clock = new ManualClock();
		const numbers = new Numbers(5);
		const endless = (_: Envelope<number>, signal: AbortSignal) =>
			new Promise<never[]>((_resolve, reject) => {
				signal.addEventListener("abort", () => reject(transient("ENDING", "the process is ending")), { once: true });
			});
		const graph = (in$: Observable<Envelope<number>>) => in$.pipe(inOrder(endless));
		const runner = new Runner({ draw: numbers.draw, credits: 5, clock, onBroken, graph });
		runner.start();
		await settled();
		let over = false;
		const drained = runner.drain(1_000).then(() => {
			over = true;
		});
		await clock.advance(1_000);
		expect(over).toBe(true);
		await drained;
		expect([...numbers.outcomes.values()].map(({ kind }) => kind)).toEqual(Array(5).fill("retry"));
		expect(runner.load.inUse).toBe(0);
	});

	it("says that the pipeline is broken when an error comes down the channel, and reads no more", async () => {
		const numbers = new Numbers(Number.POSITIVE_INFINITY);
		const runner = new Runner({
			draw: numbers.draw,
			credits: 4,
			clock: systemClock,
			onBroken,
			graph: (in$) =>
				in$.pipe(
					map(() => {
						throw new Error("a stage is wrong");
					}),
				),
		});
		runner.start();
		await settled();
		expect(broken.splice(0)).toMatchObject([{ class: "fault", message: "a stage is wrong" }]);
		expect(numbers.next).toBe(4);
		await runner.drain(0);
	});

	it("gives back at once what a draw still gives after the end", async () => {
		const outcomes: Outcome[] = [];
		let give = () => {};
		const draw = (): Promise<readonly Drawn<number>[]> =>
			new Promise((resolve) => {
				give = () => resolve([{ value: 1, trace: startTrace(), resolved: (outcome) => outcomes.push(outcome) }]);
			});
		const runner = new Runner({ draw, credits: 4, clock: systemClock, onBroken, graph: (in$) => in$ });
		runner.start();
		await settled();
		await runner.drain(10_000);
		give();
		await settled();
		expect(outcomes).toMatchObject([{ kind: "retry" }]);
		expect(runner.load.inUse).toBe(0);
	});

	it("is not broken by a draw that fails because it is told to end", async () => {
		const draw = (_max: number, signal: AbortSignal): Promise<readonly Drawn<number>[]> =>
			new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("ending"))));
		const runner = new Runner({ draw, credits: 4, clock: systemClock, onBroken, graph: (in$) => in$ });
		runner.start();
		await settled();
		await runner.drain(0);
		await settled();
	});

	it("can be stopped before it is started, twice, and is not started again", async () => {
		const numbers = new Numbers(10);
		const runner = new Runner({ draw: numbers.draw, credits: 4, clock: systemClock, onBroken, graph: (in$) => in$ });
		await runner.drain(0);
		runner.start();
		await runner.drain(0);
		await settled();
		expect(numbers.next).toBe(0);
	});
});

describe("credits", () => {
	it("leave no listener behind on the signal they waited with", async () => {
		const credits = new Credits(1);
		const signal = new AbortController().signal;
		const added: unknown[] = [];
		const add = signal.addEventListener.bind(signal);
		const remove = signal.removeEventListener.bind(signal);
		signal.addEventListener = (...args: Parameters<typeof add>) => {
			added.push(args[1]);
			add(...args);
		};
		signal.removeEventListener = (...args: Parameters<typeof remove>) => {
			added.splice(added.indexOf(args[1]), 1);
			remove(...args);
		};
		for (let i = 0; i < 10; i++) {
			credits.take(1);
			const waited = credits.some(signal);
			credits.give();
			await waited;
		}
		expect(added).toEqual([]);
	});
});

describe("an outcome", () => {
	it("returns the credit before it is told, so that the next message can be drawn", async () => {
		const seen: number[] = [];
		const credits = new Credits(1);
		credits.take(1);
		const { Receipt } = await import("#core/receipt.ts");
		new Receipt(() => {
			credits.give();
			seen.push(credits.free);
		}).resolve(retry(transient("X", "x")));
		expect(seen).toEqual([1]);
	});
});
