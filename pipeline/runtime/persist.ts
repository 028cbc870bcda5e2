import type { Clock } from "#core/clock.ts";
import { asWatchRabbitError, transient } from "#core/errors.ts";
import type { Report } from "#domain/report.ts";
import { backoffMs } from "./backoff.ts";

export interface PersistContext {
	readonly clock: Clock;
	readonly report: Report;
	readonly signal: AbortSignal;
}

const firstDelayMs = 100;
const longestDelayMs = 5_000;

/**
 * Calls `task` until it succeeds: a neighbour that is away (a full disk, a server that restarts) slows us and loses
 * nothing. It is told once that it is away, each further time that it was tried, and once that it is back. Only transient errors are waited out; any other
 * one, and the end of `signal`, is thrown.
 */
export async function persist<T>(neighbour: string, task: () => Promise<T> | T, context: PersistContext): Promise<T> {
	for (let failures = 0; ; ) {
		try {
			const value = await task();
			if (failures > 0) context.report({ event: "neighbour.back", neighbour, attempts: failures });
			return value;
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			if (error.class !== "transient" || context.signal.aborted) throw error;
			const againInMs = backoffMs(++failures, firstDelayMs, longestDelayMs);
			if (failures === 1) context.report({ event: "neighbour.away", neighbour, error, againInMs });
			else context.report({ event: "neighbour.retried", neighbour, error, attempts: failures, againInMs });
			await pause(againInMs, context);
		}
	}
}

/** Waits; rejects with ENDING (transient) as soon as the signal aborts. */
export function pause(ms: number, { clock, signal }: Pick<PersistContext, "clock" | "signal">): Promise<void> {
	return new Promise((resolve, reject) => {
		const stop = () => {
			cancel();
			reject(transient("ENDING", "the process is ending"));
		};
		if (signal.aborted) return reject(transient("ENDING", "the process is ending"));
		const cancel = clock.after(ms, () => {
			signal.removeEventListener("abort", stop);
			resolve();
		});
		signal.addEventListener("abort", stop, { once: true });
	});
}
