import { isDeepStrictEqual } from "node:util";
import type { Waiting, WaitingRoom } from "#core/ports/waiting-room.ts";

interface Guest<T> {
	waiting: Waiting<T>;
	/** Went on, and is only known. */
	passed: boolean;
}

/** A waiting room that lives as long as the process: for tests, benches and dry runs. */
export class MemoryWaitingRoom<T> implements WaitingRoom<T> {
	/** By key, then by id, in order of arrival. */
	readonly #keys = new Map<string, Map<string, Guest<T>>>();

	/** By key, ids. */
	readonly #departed = new Map<string, Set<string>>();

	async put(entry: Waiting<T>): Promise<readonly Waiting<T>[] | undefined> {
		if (this.#departed.get(entry.key)?.has(entry.id)) return undefined;
		const guests = this.#keys.get(entry.key) ?? new Map<string, Guest<T>>();
		this.#keys.set(entry.key, guests);
		guests.set(entry.id, { waiting: entry, passed: false });
		return known(guests);
	}

	async due(now: number, max: number): Promise<readonly (readonly Waiting<T>[])[]> {
		return [...this.#keys.values()]
			.map((guests) => ({ guests, at: dueAt(guests) }))
			.filter(({ at }) => at !== undefined && at <= now)
			.sort((a, b) => (a.at as number) - (b.at as number))
			.slice(0, max)
			.map(({ guests }) => known(guests));
	}

	async nextDue(): Promise<number | undefined> {
		return earliest([...this.#keys.values()].map(dueAt).filter((at) => at !== undefined));
	}

	async pass(key: string, members: readonly Waiting<T>[]): Promise<void> {
		for (const guest of this.#unchanged(key, members)) guest.passed = true;
	}

	async leave(key: string, members: readonly Waiting<T>[]): Promise<void> {
		const guests = this.#keys.get(key);
		for (const { waiting } of this.#unchanged(key, members)) guests?.delete(waiting.id);
		if (guests?.size === 0) this.#keys.delete(key);
	}

	async depart(key: string, members: readonly Waiting<T>[]): Promise<void> {
		const departed = this.#departed.get(key) ?? new Set();
		this.#departed.set(key, departed);
		for (const { id } of members) {
			departed.add(id);
			this.#keys.get(key)?.delete(id);
		}
	}

	/** Those of the members that were not put again since. */
	#unchanged(key: string, members: readonly Waiting<T>[]): readonly Guest<T>[] {
		return members.flatMap((member) => {
			const guest = this.#keys.get(key)?.get(member.id);
			return guest && isDeepStrictEqual(guest.waiting, member) ? [guest] : [];
		});
	}
}

function known<T>(guests: ReadonlyMap<string, Guest<T>>): readonly Waiting<T>[] {
	return [...guests.values()].map((guest) => guest.waiting);
}

function dueAt(guests: ReadonlyMap<string, Guest<unknown>>): number | undefined {
	return earliest([...guests.values()].filter((guest) => !guest.passed).map((guest) => guest.waiting.dueAt));
}

function earliest(times: readonly number[]): number | undefined {
	return times.length === 0 ? undefined : times.reduce((least, time) => Math.min(least, time));
}
