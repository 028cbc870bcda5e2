import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Envelope } from "#core/envelope.ts";
import { fault, permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import { writeApart } from "#runtime/write-apart.ts";
import { writeTogether } from "#runtime/write-together.ts";
import { settled } from "#test/support/manual-clock.ts";

/** A store that takes everything but what it refuses, all or nothing of a call. */
function store(refuses: Readonly<Record<string, WatchRabbitError>>) {
	const written: string[] = [];
	const calls: number[] = [];
	const write = async (some: readonly string[]) => {
		calls.push(some.length);
		for (const one of some) if (refuses[one] !== undefined) throw refuses[one];
		written.push(...some);
	};
	return { written, calls, write };
}

const tooLarge = permanent("MESSAGE_TOO_LARGE", "too large");
const letters = [..."abcdefgh"];

describe("writing apart", () => {
	it("writes all at once where nothing is refused, and nothing at all when there is nothing", async () => {
		const { write, calls } = store({});
		expect(await writeApart(letters, write)).toEqual(new Map());
		expect(await writeApart([], write)).toEqual(new Map());
		expect(calls).toEqual([8]);
	});

	it("writes everything but what cannot be written, each once and in order, and says why", async () => {
		const wrong = fault("DATABASE_CONSTRAINT", "no such column");
		const { write, written } = store({ b: tooLarge, g: wrong });
		expect(await writeApart(letters, write)).toEqual(
			new Map([
				["b", tooLarge],
				["g", wrong],
			]),
		);
		expect(written).toEqual([..."acdefh"]);
	});

	it("refuses nothing when waiting may help, or nothing could be written at all", async () => {
		for (const error of [
			transient("DISK_FULL", "full"),
			permanent("DATABASE_CORRUPT", "damaged", { unusable: true }),
		]) {
			const { write, calls } = store({ c: error });
			await expect(writeApart(letters, write)).rejects.toBe(error);
			expect(calls).toEqual([8]);
		}
	});
});

describe("messages that are written together", () => {
	it("are delivered once they are written; one that cannot be written is rejected, and alone", async () => {
		const told = new Map<string, Outcome>();
		const messages = letters.map((letter) => ({ letter }));
		const source$ = new Subject<Envelope<{ letter: string }>>();
		const { write, written } = store({ c: tooLarge });
		const subscription = source$
			.pipe(
				writeTogether({
					count: letters.length,
					timeMs: 60_000,
					write: (some) => writeApart(some, (part) => write(part.map(({ letter }) => letter))),
				}),
			)
			.subscribe();
		for (const value of messages) {
			const receipt = new Receipt((outcome) => told.set(value.letter, outcome));
			source$.next({ value, receipt, trace: { traceparent: "" } });
		}
		await settled();
		expect(written).toEqual([..."abdefgh"]);
		expect(told.get("c")).toEqual({ kind: "rejected", cause: tooLarge });
		told.delete("c");
		expect(new Set([...told.values()].map(({ kind }) => kind))).toEqual(new Set(["delivered"]));
		expect(told.size).toBe(7);
		subscription.unsubscribe();
	});
});
