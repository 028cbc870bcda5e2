/** What waits in a room: a member of something that is not complete yet. */
export interface Waiting<T> {
	/** What it waits with: the group's key. */
	readonly key: string;
	/** Its identity within the key: putting it again replaces it. */
	readonly id: string;
	readonly value: T;
	/** When it came: milliseconds since the epoch. */
	readonly since: number;
	/** When waiting ends for the whole key: the earliest of its members counts. */
	readonly dueAt: number;
}

/** Durable waiting: what is put here survives a restart, holds no credit, and comes back when its time is over. */
export interface WaitingRoom<T> {
	/**
	 * Durable when it resolves, with all that is known under the key now, passed ones included, in order of arrival. What is
	 * put again keeps its place in it, and waits again. Undefined, and nothing is put: it departed before.
	 */
	put(entry: Waiting<T>): Promise<readonly Waiting<T>[] | undefined>;
	/** Keys of which a member waits whose time is over, earliest first, with all that is known under them, as `put` gives it. */
	due(now: number, max: number): Promise<readonly (readonly Waiting<T>[])[]>;
	/** When the first key is due; undefined when nothing waits. */
	nextDue(): Promise<number | undefined>;
	/** They went on and wait no more, but stay known: a late member finds them. A member that was put again since stays waiting. */
	pass(key: string, members: readonly Waiting<T>[]): Promise<void>;
	/** They leave as if they had never come: one that is put again waits anew. */
	leave(key: string, members: readonly Waiting<T>[]): Promise<void>;
	/** They leave for good: one that comes again, because nobody heard that it had gone on, is not taken. */
	depart(key: string, members: readonly Waiting<T>[]): Promise<void>;
}
