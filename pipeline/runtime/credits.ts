/** What a role has on its way, and how much it may. */
export interface RoleLoad {
	readonly credits: number;
	readonly inUse: number;
}

export interface FlowLoad extends RoleLoad {
	/** When the event was appended up to which all of the log are resolved: milliseconds since the epoch; undefined before the first. */
	readonly resolvedUpTo: number | undefined;
}

export function together(loads: readonly RoleLoad[]): RoleLoad {
	const sum = (of: (load: RoleLoad) => number) => loads.reduce((total, load) => total + of(load), 0);
	return { credits: sum(({ credits }) => credits), inUse: sum(({ inUse }) => inUse) };
}

/**
 * How many messages may be on their way at once. Whoever reads takes a credit a message, whoever resolves it gives the
 * credit back: that one number bounds every buffer in between.
 */
export class Credits {
	readonly #total: () => number;
	#inUse = 0;
	#waiting: (() => void)[] = [];

	/** A total that changes is looked at when a credit is asked for or given back. */
	constructor(total: number | (() => number)) {
		this.#total = typeof total === "number" ? () => total : total;
	}

	/** None, or less than none after the total went down. */
	get free(): number {
		return this.#total() - this.#inUse;
	}

	get inUse(): number {
		return this.#inUse;
	}

	get load(): RoleLoad {
		return { credits: this.#total(), inUse: this.#inUse };
	}

	take(n: number): void {
		this.#inUse += n;
	}

	give(): void {
		this.#inUse--;
		this.#wake();
	}

	/** Resolves when at least one credit is free, or when the signal aborts. */
	async some(signal: AbortSignal): Promise<void> {
		await this.#until(() => this.free > 0, signal);
	}

	/** Resolves when all credits are back, or when the signal aborts. */
	async all(signal: AbortSignal): Promise<void> {
		await this.#until(() => this.#inUse === 0, signal);
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
