import type { Clock } from "#core/clock.ts";
import { backoffMs } from "./backoff.ts";
import type { Draw, Drawn } from "./intake.ts";

const firstDelayMs = 200;
const longestDelayMs = 30_000;
/** With so many waiting nothing new is drawn: what waits is in memory, and the rest is safe where it comes from. */
const mostWaiting = 10_000;

/**
 * A draw whose messages come back when their outcome is retry: after the time the outcome names, else after a backoff
 * that grows with the failures of that message. They hold no credit while they wait, and there is a limit to their number.
 */
export function redelivering<T>(draw: Draw<T>, clock: Clock): Draw<T> {
	const waiting: { readonly at: number; readonly failures: number; readonly drawn: Drawn<T> }[] = [];
	let wake = () => {};

	const again = (drawn: Drawn<T>, failures: number): Drawn<T> => ({
		...drawn,
		resolved: (outcome) => {
			if (outcome.kind !== "retry") return drawn.resolved(outcome);
			const delayMs = outcome.afterMs ?? backoffMs(failures + 1, firstDelayMs, longestDelayMs);
			waiting.push({ at: clock.monotonic() + delayMs, failures: failures + 1, drawn });
			wake();
		},
	});

	const due = (max: number): Drawn<T>[] => {
		const now = clock.monotonic();
		const ready: Drawn<T>[] = [];
		for (let i = 0; i < waiting.length && ready.length < max; ) {
			const entry = waiting[i];
			if (entry === undefined || entry.at > now) i++;
			else {
				waiting.splice(i, 1);
				ready.push(again(entry.drawn, entry.failures));
			}
		}
		return ready;
	};

	return async (max, signal) => {
		while (!signal.aborted) {
			const ready = due(max);
			if (ready.length > 0) return ready;
			// The draw underneath is interrupted when a waiting message becomes due, and when one begins to wait.
			const turn = new AbortController();
			const stop = () => turn.abort();
			signal.addEventListener("abort", stop, { once: true });
			wake = stop;
			const next = waiting.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
			const cancel = Number.isFinite(next) ? clock.after(next - clock.monotonic(), stop) : () => {};
			try {
				const drawn = waiting.length < mostWaiting ? await draw(max, turn.signal) : await nothing(turn.signal);
				if (drawn.length > 0) return drawn.map((message) => again(message, 0));
			} catch (thrown) {
				// A draw that was waiting for its neighbour when we interrupted it says that it was ended: that is no failure.
				if (!turn.signal.aborted || signal.aborted) throw thrown;
			} finally {
				cancel();
				wake = () => {};
				signal.removeEventListener("abort", stop);
			}
		}
		return [];
	};
}

/** What a draw gives that is told to end. */
async function nothing(signal: AbortSignal): Promise<readonly []> {
	if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
	return [];
}
