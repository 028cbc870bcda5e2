import { asWatchRabbitError, transient, type WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { backoffMs } from "./backoff.ts";
import { type PersistContext, pause } from "./persist.ts";

const firstDelayMs = 500;
const longestDelayMs = 30_000;

/**
 * Resolves when a pool can take work: at once while its R works. Tries again for as long as R does not start: it may be
 * installed, or a package, while everything else works.
 *
 * @throws WatchRabbitError ENDING (transient) as soon as the signal aborts, though R may be just starting
 */
export async function startPool(
	pool: AnalysisPool,
	failed: (error: WatchRabbitError, attempts: number, againInMs: number) => void,
	context: Pick<PersistContext, "clock" | "signal">,
): Promise<void> {
	for (let failures = 0; ; ) {
		try {
			return await unlessEnding(pool.start(), context.signal);
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			if (context.signal.aborted) throw error;
			const againInMs = backoffMs(++failures, firstDelayMs, longestDelayMs);
			failed(error, failures, againInMs);
			await pause(againInMs, context);
		}
	}
}

async function unlessEnding<T>(task: Promise<T>, signal: AbortSignal): Promise<T> {
	let stop = () => {};
	const ending = new Promise<never>((_, reject) => {
		stop = () => reject(transient("ENDING", "the process is ending"));
		if (signal.aborted) stop();
		else signal.addEventListener("abort", stop);
	});
	try {
		return await Promise.race([task, ending]);
	} finally {
		signal.removeEventListener("abort", stop);
	}
}
