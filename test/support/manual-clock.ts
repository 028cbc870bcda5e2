import type { Clock } from "#core/clock.ts";

/** A clock that moves only when told to. Due tasks run in order of their times, and between them what they woke. */
export class ManualClock implements Clock {
	#now: number;
	#monotonic = 0;
	#tasks: { readonly at: number; readonly task: () => void }[] = [];

	constructor(now = Date.parse("2026-11-21T10:00:00Z")) {
		this.#now = now;
	}

	now(): number {
		return this.#now;
	}

	monotonic(): number {
		return this.#monotonic;
	}

	after(ms: number, task: () => void): () => void {
		const entry = { at: this.#monotonic + Math.max(0, ms), task };
		this.#tasks.push(entry);
		return () => {
			this.#tasks = this.#tasks.filter((other) => other !== entry);
		};
	}

	get waiting(): number {
		return this.#tasks.length;
	}

	async advance(ms: number): Promise<void> {
		const until = this.#monotonic + ms;
		for (;;) {
			await settled();
			const next = this.#tasks.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
			if (next === undefined) break;
			this.#tasks = this.#tasks.filter((other) => other !== next);
			this.#move(next.at - this.#monotonic);
			next.task();
		}
		this.#move(until - this.#monotonic);
		await settled();
	}

	/** Somebody sets the wall clock: durations do not see it. */
	step(ms: number): void {
		this.#now += ms;
	}

	#move(ms: number): void {
		this.#now += ms;
		this.#monotonic += ms;
	}
}

/** Lets everything run that only waits for promises. */
export async function settled(): Promise<void> {
	for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
