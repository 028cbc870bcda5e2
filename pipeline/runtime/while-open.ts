import type { Paused } from "./paused.ts";

/**
 * Draws as long as this process takes new work: while it drains nothing is drawn, and a draw that waits for something is
 * ended. Empty only once `signal` aborts.
 */
export async function whileOpen<T>(
	paused: Pick<Paused, "drained" | "onChange">,
	signal: AbortSignal,
	draw: (signal: AbortSignal) => Promise<readonly T[]>,
): Promise<readonly T[]> {
	while (!signal.aborted) {
		await opened(paused, signal);
		const turn = new AbortController();
		const stop = () => turn.abort();
		const unheard = paused.onChange(() => {
			if (paused.drained !== undefined) stop();
		});
		signal.addEventListener("abort", stop, { once: true });
		try {
			const drawn = signal.aborted ? [] : await draw(turn.signal);
			if (drawn.length > 0) return drawn;
		} catch (thrown) {
			// A draw that was waiting for its neighbour when we ended it says so: that is no failure.
			if (!turn.signal.aborted || signal.aborted) throw thrown;
		} finally {
			unheard();
			signal.removeEventListener("abort", stop);
		}
	}
	return [];
}

function opened(paused: Pick<Paused, "drained" | "onChange">, signal: AbortSignal): Promise<void> {
	if (paused.drained === undefined || signal.aborted) return Promise.resolve();
	return new Promise((resolve) => {
		const look = () => {
			if (paused.drained !== undefined && !signal.aborted) return;
			unheard();
			signal.removeEventListener("abort", look);
			resolve();
		};
		const unheard = paused.onChange(look);
		signal.addEventListener("abort", look, { once: true });
	});
}
