/** Mulberry32: the same seed gives the same numbers in [0, 1). Source: T. Ettinger, 2017, public domain. */
export function seededRandom(seed: number): () => number {
	let state = seed | 0;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
	const order = items.map((item) => ({ item, at: random() }));
	return order.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
