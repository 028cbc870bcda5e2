import type { WatchRabbitError } from "#core/errors.ts";

const firstRestartMs = 100;
const longestRestartMs = 30_000;
/**
 * Where no worker is left, the runs that wait are told after so many failed starts in a row; at once by a start that
 * cannot succeed.
 */
const patientStarts = 3;

/** How the starts of a pool's workers went lately, and what is to be told of it: each trouble once, and its end. */
export class StartRecord {
	#failed = 0;
	/** Until `pool.ready` is told: at first, and again from a start that fails to one that does not. */
	#unreadySince: number | undefined = performance.now();
	#told: string | undefined;

	/** Failed starts since the last one that did not. */
	get failed(): number {
		return this.#failed;
	}

	get nextDelayMs(): number {
		return this.#failed === 0 ? 0 : Math.min(longestRestartMs, firstRestartMs * 2 ** (this.#failed - 1));
	}

	/** Gives how many seconds the pool was not ready, if that is worth telling. */
	succeeded(): number | undefined {
		this.#failed = 0;
		this.#told = undefined;
		const since = this.#unreadySince;
		this.#unreadySince = undefined;
		return since === undefined ? undefined : (performance.now() - since) / 1000;
	}

	/** Gives whether that is news, and whether those who wait are to be told that it is of no use. */
	failedWith(error: WatchRabbitError): { isNews: boolean; isHopeless: boolean } {
		this.#failed++;
		this.#unreadySince ??= performance.now();
		const isNews = this.#told !== error.message;
		this.#told = error.message;
		return { isNews, isHopeless: error.class === "permanent" || this.#failed >= patientStarts };
	}
}
