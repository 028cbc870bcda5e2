import { MemoryWaitingRoom } from "#connectors/memory/waiting-room.ts";
import type { Waiting, WaitingRoom } from "#core/ports/waiting-room.ts";

/** A waiting room in memory with a door: whoever wants something of it goes through, and may be held up or sent away. */
export class DooredRoom<T> implements WaitingRoom<T> {
	readonly #room = new MemoryWaitingRoom<T>();
	door: () => Promise<void> = () => Promise.resolve();

	async put(entry: Waiting<T>): Promise<readonly Waiting<T>[] | undefined> {
		await this.door();
		return await this.#room.put(entry);
	}

	async due(now: number, max: number): Promise<readonly (readonly Waiting<T>[])[]> {
		await this.door();
		return await this.#room.due(now, max);
	}

	async nextDue(): Promise<number | undefined> {
		await this.door();
		return await this.#room.nextDue();
	}

	async pass(key: string, members: readonly Waiting<T>[]): Promise<void> {
		await this.door();
		await this.#room.pass(key, members);
	}

	async leave(key: string, members: readonly Waiting<T>[]): Promise<void> {
		await this.door();
		await this.#room.leave(key, members);
	}

	async depart(key: string, members: readonly Waiting<T>[]): Promise<void> {
		await this.door();
		await this.#room.depart(key, members);
	}

	/** Ids under the keys of which something waits. */
	async waiting(): Promise<readonly string[]> {
		const keys = await this.#room.due(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
		return keys.flat().map(({ id }) => id);
	}
}
