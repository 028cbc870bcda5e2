/** Work under way for a key. */
export interface Flight {
	/** What it finds is of yesterday: for those who wait for it already, and not to be kept. */
	readonly outdated: boolean;
}

interface Joined<T> {
	readonly result: Promise<T>;
	readonly flight: { outdated: boolean };
}

/** However many ask for a key at a time, the work for it is done once. */
export class SingleFlight<T> {
	readonly #underWay = new Map<string, Joined<T>>();

	/** The result of the work under way for the key, or of new work; a failure is shared as well. */
	join(key: string, work: (flight: Flight) => Promise<T>): Promise<T> {
		const known = this.#underWay.get(key);
		if (known !== undefined) return known.result;
		const flight = { outdated: false };
		const result = work(flight).finally(() => {
			if (this.#underWay.get(key)?.flight === flight) this.#underWay.delete(key);
		});
		this.#underWay.set(key, { result, flight });
		return result;
	}

	/** Who asks from now on for a key of the prefix gets new work. */
	outdate(prefix: string): void {
		for (const [key, { flight }] of this.#underWay) {
			if (!key.startsWith(prefix)) continue;
			flight.outdated = true;
			this.#underWay.delete(key);
		}
	}
}
