/**
 * How many messages may be on their way at once. Whoever reads takes a credit a message, whoever resolves it gives the
 * credit back: that one number bounds every buffer in between.
 */
export class Credits {
	readonly #total: number;
	#free: number;
	#waiting: (() => void)[] = [];

	constructor(total: number) {
		this.#total = total;
		this.#free = total;
	}

	get free(): number {
		return this.#free;
	}

	get inUse(): number {
		return this.#total - this.#free;
	}

	take(n: number): void {
		this.#free -= n;
	}

	give(): void {
		this.#free++;
		this.#wake();
	}

	/** Resolves when at least one credit is free, or when the signal aborts. */
	async some(signal: AbortSignal): Promise<void> {
		await this.#until(() => this.#free > 0, signal);
	}

	/** Resolves when all credits are back, or when the signal aborts. */
	async all(signal: AbortSignal): Promise<void> {
		await this.#until(() => this.#free === this.#total, signal);
	}

	async #until(condition: () => boolean, signal: AbortSignal): Promise<void> {
		while (!condition() && !signal.aborted) {
			await new Promise<void>((resolve) => {
				const done = () => {
					signal.removeEventListener("abort", done);
					resolve();
				};
				this.#waiting.push(done);
				signal.addEventListener("abort", done, { once: true });
			});
		}
	}

	#wake(): void {
		if (this.#waiting.length === 0) return;
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const resolve of waiting) resolve();
	}
}
