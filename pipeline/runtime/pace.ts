import type { Clock } from "#core/clock.ts";

/**
 * Who comes when it is quiet goes on at once. Who comes soon after another waits a little, and goes on with all who came
 * meanwhile: what they do next costs less together.
 */
export class Pace {
	readonly #gapMs: number;
	readonly #clock: Clock;
	#isQuiet = true;
	#waiting: (() => void)[] = [];

	constructor(gapMs: number, clock: Clock) {
		this.#gapMs = gapMs;
		this.#clock = clock;
	}

	async pass(): Promise<void> {
		if (this.#isQuiet) this.#beginGap();
		else await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	#beginGap(): void {
		this.#isQuiet = false;
		this.#clock.after(this.#gapMs, () => {
			const together = this.#waiting;
			this.#waiting = [];
			if (together.length === 0) this.#isQuiet = true;
			else this.#beginGap();
			for (const goOn of together) goOn();
		});
	}
}
