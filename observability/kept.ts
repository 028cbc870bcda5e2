/** What costs a part of a core at most, however often it is asked: a twentieth. */
export const twentyTimes = (tookMs: number) => 20 * tookMs;

/**
 * An answer that is given again for a while, which may depend on what it took. Who asks while it is being found waits for
 * the same one: what hangs is asked once. A failure is not kept.
 */
export function kept<T>(ask: () => T | Promise<T>, forMs: (tookMs: number) => number): () => Promise<T> {
	let answer: Promise<T> | undefined;
	let until = Number.POSITIVE_INFINITY;
	return () => {
		if (answer !== undefined && performance.now() < until) return answer;
		const began = performance.now();
		until = Number.POSITIVE_INFINITY;
		const asked = (async () => ask())();
		answer = asked;
		asked.then(
			() => {
				until = performance.now() + forMs(performance.now() - began);
			},
			() => {
				answer = undefined;
			},
		);
		return asked;
	};
}
