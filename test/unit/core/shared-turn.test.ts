import { describe, expect, it } from "vitest";
import { SharedTurn } from "#core/shared-turn.ts";

/** A task that ends when it is told to. */
function counted() {
	const ends: ((error?: Error) => void)[] = [];
	const turns = new SharedTurn(
		() =>
			new Promise<void>((resolve, reject) => ends.push((error) => (error === undefined ? resolve() : reject(error)))),
	);
	return { turns, ends };
}

describe("a shared turn", () => {
	it("begins at once when none is under way", () => {
		const { turns, ends } = counted();
		void turns.ask();
		expect(ends).toHaveLength(1);
		expect(turns.idle).toBe(false);
	});

	it("is shared by all who ask while another is under way, and begins after that one", async () => {
		const { turns, ends } = counted();
		const first = turns.ask();
		const second = turns.ask();
		expect(turns.ask()).toBe(second);
		expect(ends).toHaveLength(1);
		ends[0]?.();
		await first;
		await Promise.resolve();
		expect(ends).toHaveLength(2);
		ends[1]?.();
		await second;
		await turns.quiet();
		expect(turns.idle).toBe(true);
	});

	it("fails for those who share it, and the next one is not kept from beginning", async () => {
		const { turns, ends } = counted();
		const first = turns.ask();
		const second = turns.ask();
		ends[0]?.(new Error("no space"));
		await expect(first).rejects.toThrow("no space");
		await Promise.resolve();
		ends[1]?.();
		await second;
	});

	it("is waited for, with the one that is asked for, by who wants quiet", async () => {
		const { turns, ends } = counted();
		void turns.ask();
		void turns.ask();
		let quiet = false;
		const waited = turns.quiet().then(() => {
			quiet = true;
		});
		ends[0]?.();
		await new Promise((resolve) => setImmediate(resolve));
		expect(quiet).toBe(false);
		ends[1]?.();
		await waited;
	});
});
