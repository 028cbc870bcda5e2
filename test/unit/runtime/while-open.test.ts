import { expect, it } from "vitest";
import type { Pause } from "#domain/operation.ts";
import { whileOpen } from "#runtime/while-open.ts";

/** Whether a process drains, told as `Paused` tells it. */
class Gate {
	drained: Pause | undefined;
	readonly listeners = new Set<() => void>();
	onChange = (listener: () => void) => {
		this.listeners.add(listener);
		return () => void this.listeners.delete(listener);
	};

	turn(drained: boolean): void {
		const on = { type: "everything", name: "" } as const;
		this.drained = drained ? { on, since: 1, by: "user:anna", why: undefined } : undefined;
		for (const listener of [...this.listeners]) listener();
	}
}

const aborted = (signal: AbortSignal) =>
	new Promise<void>((resolve) => {
		if (signal.aborted) resolve();
		else signal.addEventListener("abort", () => resolve(), { once: true });
	});

it("draws while nothing drains, and hands on what was drawn", async () => {
	const gate = new Gate();
	expect(await whileOpen(gate, new AbortController().signal, async () => [1, 2])).toEqual([1, 2]);
	expect(gate.listeners.size).toBe(0);
});

it("ends a draw that waits when the drain begins, and draws again when it is over", async () => {
	const gate = new Gate();
	let draws = 0;
	const drawn = whileOpen(gate, new AbortController().signal, async (signal) => {
		draws += 1;
		if (draws > 1) return ["job"];
		gate.turn(true);
		await aborted(signal);
		throw new Error("the process is ending");
	});
	await new Promise(setImmediate);
	expect(draws).toBe(1);
	gate.turn(false);
	expect(await drawn).toEqual(["job"]);
	expect(gate.listeners.size).toBe(0);
});

it("draws nothing while it drains, and ends with its signal", async () => {
	const gate = new Gate();
	gate.turn(true);
	const ending = new AbortController();
	let draws = 0;
	const drawn = whileOpen(gate, ending.signal, async () => {
		draws += 1;
		return [];
	});
	ending.abort();
	expect(await drawn).toEqual([]);
	expect(draws).toBe(0);
	expect(gate.listeners.size).toBe(0);
});

it("throws what a draw throws by itself", async () => {
	const gate = new Gate();
	const broken = whileOpen(gate, new AbortController().signal, () => Promise.reject(new Error("broken")));
	await expect(broken).rejects.toThrow("broken");
	expect(gate.listeners.size).toBe(0);
});
