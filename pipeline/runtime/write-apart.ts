import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";

/**
 * Writes all together; where that fails for good, in ever smaller parts and in the same order, so that one that cannot be
 * written keeps no other from it. `write` writes all or nothing of what it is given, and may be called again.
 *
 * @returns those that cannot be written, with the reason
 * @throws what waiting may mend (transient), and what would fail whatever is written (`unusable`)
 */
export async function writeApart<T>(
	items: readonly T[],
	write: (items: readonly T[]) => Promise<void> | void,
): Promise<ReadonlyMap<T, WatchRabbitError>> {
	const refused = new Map<T, WatchRabbitError>();
	const writeSome = async (some: readonly T[]): Promise<void> => {
		const [only] = some;
		if (only === undefined) return;
		try {
			await write(some);
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			if (error.class === "transient" || error.unusable) throw error;
			if (some.length === 1) {
				refused.set(only, error);
				return;
			}
			const middle = some.length >> 1;
			await writeSome(some.slice(0, middle));
			await writeSome(some.slice(middle));
		}
	};
	await writeSome(items);
	return refused;
}
