import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { backoffMs } from "./backoff.ts";
import { type PersistContext, pause } from "./persist.ts";

const firstDelayMs = 500;
const longestDelayMs = 30_000;

/**
 * Starts a pool, and tries again for as long as that fails: R may be installed, or a package, while everything else
 * works. Told when it is ready, and each time that the cause is another one.
 */
export async function startPool(
	pool: AnalysisPool,
	failed: (error: WatchRabbitError) => void,
	context: PersistContext,
): Promise<void> {
	const { clock, report, signal } = context;
	const startedAt = clock.monotonic();
	let told: string | undefined;
	for (let failures = 0; ; ) {
		try {
			await pool.start();
			break;
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			if (signal.aborted) throw error;
			failed(error);
			if (told !== error.message) report({ event: "pool.trouble", pool: pool.name, error });
			told = error.message;
			await pause(backoffMs(++failures, firstDelayMs, longestDelayMs), context);
		}
	}
	report({
		event: "pool.ready",
		pool: pool.name,
		engine: pool.engine,
		workers: pool.workers,
		why: pool.why,
		seconds: (clock.monotonic() - startedAt) / 1000,
	});
}
