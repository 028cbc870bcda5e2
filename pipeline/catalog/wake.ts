import type { Kysely, SelectQueryBuilder } from "kysely";
import { queueAgain } from "./job-state.ts";
import { endLostAttempt } from "./lost-attempt.ts";
import { retireJobs } from "./retire-jobs.ts";
import type { JobsTable, Schema } from "./schema.ts";
import { Turn } from "./turn.ts";

const jobsPerTurn = 500;
const waitingStates = ["failed", "created"];

export interface Woken {
	readonly retried: number;
	readonly reaped: number;
	readonly reapedAttempts: readonly { readonly job: string; readonly token: number }[];
}

export class Waker {
	readonly #db: Kysely<Schema>;
	/** Of the last call. The first call after a start takes it that the clock may have been set since. */
	#lastNow = Number.POSITIVE_INFINITY;

	constructor(db: Kysely<Schema>) {
		this.#db = db;
	}

	async wake(now: number): Promise<Woken> {
		const clockMayHaveStepped = now < this.#lastNow;
		let retried = await this.#retry(now, isDue(now));
		if (clockMayHaveStepped) retried += await this.#retry(now, beganInTheFuture(now));
		this.#lastNow = now;
		const reapedAttempts = await this.#reap(now);
		return { retried, reaped: reapedAttempts.length, reapedAttempts };
	}

	#retry(now: number, which: Condition): Promise<number> {
		return this.#turns(now, which, waitingStates, async (turn, jobs) => {
			for (const job of jobs) await queueAgain(turn, job, "its time has come");
		});
	}

	async #reap(now: number): Promise<readonly { readonly job: string; readonly token: number }[]> {
		const reaped: { readonly job: string; readonly token: number }[] = [];
		await this.#turns(now, isDue(now), ["running"], async (turn, jobs) => {
			for (const job of jobs) {
				await endLostAttempt(turn, job);
				turn.announce(job);
				reaped.push({ job: job.id, token: job.token });
			}
			await retireJobs(
				turn,
				jobs.map(({ id }) => id),
			);
		});
		return reaped;
	}

	/** Until none is left, a bounded number a turn: others get theirs in between. Gives how many. */
	async #turns(
		now: number,
		which: Condition,
		states: readonly string[],
		move: (turn: Turn, jobs: readonly JobsTable[]) => Promise<void>,
	): Promise<number> {
		let moved = 0;
		while (true) {
			const query = which(this.#db.selectFrom("jobs").select("id")).where("state", "in", states).limit(1);
			if ((await query.executeTakeFirst()) === undefined) return moved;
			moved += await Turn.take(this.#db, now, async (turn) => {
				const jobs = await which(turn.db.selectFrom("jobs").selectAll())
					.where("state", "in", states)
					.orderBy("wake_at")
					.limit(jobsPerTurn)
					.execute();
				await move(turn, jobs);
				return jobs.length;
			});
		}
	}
}

type Condition = <O>(query: SelectQueryBuilder<Schema, "jobs", O>) => SelectQueryBuilder<Schema, "jobs", O>;

function isDue(now: number): Condition {
	return (query) => query.where("wake_at", "<=", now);
}

/** Its waiting began so far in the future that only a clock stepped back explains it: what it waits for has no meaning. */
function beganInTheFuture(now: number): Condition {
	return (query) => query.where((eb) => eb("updated_at", ">", eb("max_backoff_ms", "+", now)));
}

export async function nextWake(db: Kysely<Schema>): Promise<number | undefined> {
	const row = await db
		.selectFrom("jobs")
		.select("wake_at")
		.where("wake_at", "is not", null)
		.orderBy("wake_at")
		.limit(1)
		.executeTakeFirst();
	return row?.wake_at ?? undefined;
}
