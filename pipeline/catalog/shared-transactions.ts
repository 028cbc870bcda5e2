import { setImmediate } from "node:timers/promises";
import { WatchRabbitError } from "#core/errors.ts";

/** Works that share one transaction at most: others wait no longer than these take. */
const worksAtOnce = 32;

/** Does works of one kind in one go, because that costs less than one after the other. Gives their values in their order. */
export type Together<Context, Work, Value> = (context: Context, works: readonly Work[]) => Promise<readonly Value[]>;

interface Waiting<Context> {
	readonly kind: Together<Context, unknown, unknown>;
	readonly work: unknown;
	/** Called once the transaction is committed. */
	readonly done: (value: unknown) => void;
	readonly failed: (error: unknown) => void;
}

/**
 * One transaction of this process after the other. Works that came while one was under way share the next one, because
 * what a small work costs is the disk's flush at its commit; those of one kind are done together. Each is still all or
 * nothing by itself: if one of them fails, the transaction is undone and each is tried alone. So a work may run twice,
 * and changes nothing outside the database. If the database fails, all of them fail.
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
	share<Work, Value>(kind: Together<Context, Work, Value>, work: Work): Promise<Value> {
		return new Promise((resolve, reject) => {
			this.#waiting.push({
				kind: kind as Together<Context, unknown, unknown>,
				work,
				done: resolve as (value: unknown) => void,
				failed: reject,
			});
			if (!this.#underWay) void this.#goOn();
		});
	}

	async #goOn(): Promise<void> {
		this.#underWay = true;
		// What comes in the same turn of the loop, because it waited for the same, shares the first one.
		await setImmediate();
		while (this.#waiting.length > 0) {
			await this.#take(this.#waiting.splice(0, worksAtOnce));
		}
		this.#underWay = false;
	}

	async #take(some: readonly Waiting<Context>[]): Promise<void> {
		const values = new Map<Waiting<Context>, unknown>();
		try {
			await this.#commit(async (context) => {
				for (const [kind, alike] of Map.groupBy(some, ({ kind }) => kind)) {
					const given = await kind(
						context,
						alike.map(({ work }) => work),
					);
					alike.forEach((one, i) => {
						values.set(one, given[i]);
					});
				}
			});
			for (const one of some) one.done(values.get(one));
		} catch (thrown) {
			if (some.length === 1 || isAway(thrown)) for (const { failed } of some) failed(thrown);
			else for (const one of some) await this.#take([one]);
		}
	}
}

/** The database is away, or busy: that is no fault of any of the works, and the next one would wait for it as long again. */
function isAway(thrown: unknown): boolean {
	return thrown instanceof WatchRabbitError && thrown.class === "transient";
}
