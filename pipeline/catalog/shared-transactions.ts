import { WatchRabbitError } from "#core/errors.ts";

/** Works that share one transaction at most: others wait no longer than these take. */
const worksAtOnce = 32;

interface Waiting<Context> {
	readonly work: (context: Context) => Promise<void>;
	/** Called once the transaction is committed, or with what went wrong. */
	readonly done: (error?: unknown) => void;
}

/**
 * One transaction of this process after the other. Works that came while one was under way share the next one, because
 * what a small work costs is the disk's flush at its commit. Each is still all or nothing by itself: if one of them
 * fails, the transaction is undone and each is tried alone. So a work may run twice, and changes nothing outside the
 * database. If the database fails, all of them fail.
 */
export class SharedTransactions<Context> {
	/** Within one transaction calls `works`, and resolves when it is committed. */
	readonly #commit: (works: (context: Context) => Promise<void>) => Promise<void>;
	readonly #waiting: Waiting<Context>[] = [];
	#underWay = false;

	constructor(commit: (works: (context: Context) => Promise<void>) => Promise<void>) {
		this.#commit = commit;
	}

	/** Durable when it resolves. */
	share<T>(work: (context: Context) => Promise<T>): Promise<T> {
		return new Promise((resolve, reject) => {
			let value: T;
			this.#waiting.push({
				work: async (context) => {
					value = await work(context);
				},
				done: (error) => (error === undefined ? resolve(value) : reject(error)),
			});
			if (!this.#underWay) void this.#goOn();
		});
	}

	async #goOn(): Promise<void> {
		this.#underWay = true;
		while (this.#waiting.length > 0) {
			await this.#take(this.#waiting.splice(0, worksAtOnce));
		}
		this.#underWay = false;
	}

	async #take(some: readonly Waiting<Context>[]): Promise<void> {
		try {
			await this.#commit(async (context) => {
				for (const { work } of some) await work(context);
			});
			for (const { done } of some) done();
		} catch (thrown) {
			if (some.length === 1 || isAway(thrown)) for (const { done } of some) done(thrown);
			else for (const one of some) await this.#take([one]);
		}
	}
}

/** The database is away, or busy: that is no fault of any of the works, and the next one would wait for it as long again. */
function isAway(thrown: unknown): boolean {
	return thrown instanceof WatchRabbitError && thrown.class === "transient";
}
