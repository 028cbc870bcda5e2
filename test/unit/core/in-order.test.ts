import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { carry, type Envelope } from "#core/envelope.ts";
import { permanent, transient } from "#core/errors.ts";
import { inOrder } from "#core/in-order.ts";
import type { Outcome } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import { settled } from "#test/support/manual-clock.ts";

/** Work that ends when the test says so, over messages that are numbers. */
class Bench {
	readonly told = new Map<number, Outcome>();
	readonly began: number[] = [];
	readonly out: number[] = [];
	readonly errors: unknown[] = [];
	completed = false;
	signal: AbortSignal | undefined;
	readonly #source$ = new Subject<Envelope<number>>();
	readonly #ends: ((thrown?: unknown) => void)[] = [];
	readonly subscription = this.#source$
		.pipe(
			inOrder((envelope, signal) => {
				this.began.push(envelope.value);
				this.signal = signal;
				return new Promise<readonly Envelope<number>[]>((resolve, reject) => {
					this.#ends.push((thrown) =>
						thrown === undefined ? resolve([carry(envelope, envelope.value * 10)]) : reject(thrown),
					);
				});
			}),
		)
		.subscribe({
			next: ({ value, receipt }) => {
				this.out.push(value);
				receipt.resolve();
			},
			error: (error: unknown) => this.errors.push(error),
			complete: () => {
				this.completed = true;
			},
		});

	send(...values: readonly number[]): void {
		for (const value of values) {
			const receipt = new Receipt((outcome) => this.told.set(value, outcome));
			this.#source$.next({ value, receipt, trace: { traceparent: "" } });
		}
	}

	complete(): void {
		this.#source$.complete();
	}

	async end(thrown?: unknown): Promise<void> {
		this.#ends.shift()?.(thrown);
		await settled();
	}

	get kinds(): readonly (readonly [number, Outcome["kind"]])[] {
		return [...this.told].map(([value, { kind }]) => [value, kind]);
	}
}

describe("work in order", () => {
	it("takes one message after the other, and sends on what it gives", async () => {
		const bench = new Bench();
		bench.send(1, 2);
		expect(bench.began).toEqual([1]);
		await bench.end();
		expect([bench.began, bench.out]).toEqual([[1, 2], [10]]);
		await bench.end();
		expect(bench.out).toEqual([10, 20]);
	});

	it("is waited for on complete", async () => {
		const bench = new Bench();
		bench.send(1, 2);
		bench.complete();
		await bench.end();
		expect(bench.completed).toBe(false);
		await bench.end();
		expect(bench.completed).toBe(true);
	});

	it("that fails on a message hurts no other: what may pass comes again, the rest is rejected", async () => {
		const bench = new Bench();
		bench.send(1, 2, 3);
		await bench.end(transient("AWAY", "away"));
		await bench.end(new TypeError("not a plate"));
		await bench.end();
		expect(bench.kinds).toEqual([
			[1, "retry"],
			[2, "rejected"],
			[3, "delivered"],
		]);
		expect(bench.errors).toEqual([]);
	});

	it("says that the pipeline is broken when nothing can be done with any message, and all of them come again", async () => {
		const bench = new Bench();
		bench.send(1, 2);
		await bench.end(permanent("DATABASE_CORRUPT", "damaged", { unusable: true }));
		expect(bench.errors).toMatchObject([{ code: "DATABASE_CORRUPT" }]);
		expect(new Map(bench.kinds)).toEqual(
			new Map([
				[1, "retry"],
				[2, "retry"],
			]),
		);
	});

	it("that is torn down is told to end; what waits for its turn is given back at once, what is under way when it ends", async () => {
		const bench = new Bench();
		bench.send(1, 2);
		bench.subscription.unsubscribe();
		expect(bench.signal?.aborted).toBe(true);
		expect(bench.kinds).toEqual([[2, "retry"]]);
		await bench.end();
		expect(bench.told.get(1)).toMatchObject({ kind: "retry", cause: { code: "TORN_DOWN" } });
		expect(bench.out).toEqual([]);
	});
});
