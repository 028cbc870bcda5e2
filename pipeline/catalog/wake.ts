import type { Kysely, SelectQueryBuilder } from "kysely";
import type { LostAttempt } from "#core/ports/catalog.ts";
import { leaseMs } from "#domain/job.ts";
import { queueAgain } from "./job-state.ts";
import { endLostAttempt } from "./lost-attempt.ts";
import { retireJobs } from "./retire-jobs.ts";
import type { JobsTable, Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";
import type { Turns } from "./turns.ts";

const jobsPerTurn = 500;

export class Waker {
	readonly #db: Kysely<Schema>;
	readonly #turns: Turns;
	/** Of the last call. The first one after a start takes it that the clock may have been set since. */
	#lastNow = Number.POSITIVE_INFINITY;
	/** Committed, and told to nobody yet: a call that fails after that leaves it to the next one. */
	readonly #reaped: LostAttempt[] = [];

	constructor(db: Kysely<Schema>, turns: Turns) {
		this.#db = db;
		this.#turns = turns;
	}

	async wake(now: number): Promise<Moved> {
		const due = await this.#moveAll(now, isDue(now));
		const early = now < this.#lastNow ? await this.#clockSetBack(now) : 0;
		this.#lastNow = now;
		await this.#tellAsides();
		return { retried: due + early, reaped: this.#reaped.splice(0) };
	}

	/** Every turn does. Where none comes by itself, what was claimed is told by this one. */
	async #tellAsides(): Promise<void> {
		const some = await this.#db.selectFrom("asides").select("entity").limit(1).executeTakeFirst();
		if (some !== undefined) await this.#turns.write(async () => {});
	}

	/** Gives how many waited and are queued again. */
	async #clockSetBack(now: number): Promise<number> {
		const until = now + leaseMs;
		await this.#turns.write((trx) =>
			trx
				.updateTable("jobs")
				.set({ wake_at: until })
				.where("state", "=", "running")
				.where("wake_at", ">", until)
				.execute(),
		);
		return await this.#moveAll(now, beganInTheFuture(now));
	}

	/** Until none is left, a bounded number a turn: others get theirs in between. Gives how many waited. */
	async #moveAll(now: number, which: Condition): Promise<number> {
		let retried = 0;
		while (true) {
			const some = await which(this.#db.selectFrom("jobs").select("id")).limit(1).executeTakeFirst();
			if (some === undefined) return retried;
			const moved = await this.#turns.take(now, (turn) => move(turn, which));
			retried += moved.retried;
			this.#reaped.push(...moved.reaped);
		}
	}
}

interface Moved {
	readonly retried: number;
	readonly reaped: readonly LostAttempt[];
}

type Condition = <O>(query: SelectQueryBuilder<Schema, "jobs", O>) => SelectQueryBuilder<Schema, "jobs", O>;

/** Only jobs that wait or run have a wake-up time. */
function isDue(now: number): Condition {
	return (query) => query.where("wake_at", "<=", now).orderBy("wake_at");
}

/** Its waiting began so far in the future that only a clock stepped back explains it: what it waits for has no meaning. */
function beganInTheFuture(now: number): Condition {
	return (query) =>
		query
			.where("state", "in", ["failed", "created"])
			.where((eb) => eb("updated_at", ">", eb("max_backoff_ms", "+", now)));
}

async function move(turn: Turn, which: Condition): Promise<Moved> {
	const jobs = await which(turn.db.selectFrom("jobs").selectAll()).limit(jobsPerTurn).execute();
	const running = jobs.filter(({ state }) => state === "running");
	const reaped: LostAttempt[] = [];
	for (const job of jobs) {
		if (job.state === "running") reaped.push(await reap(turn, job));
		else await queueAgain(turn, job, "its time has come");
	}
	await retireJobs(
		turn,
		running.map(({ id }) => id),
	);
	return { retried: jobs.length - running.length, reaped };
}

async function reap(turn: Turn, job: JobsTable): Promise<LostAttempt> {
	const lost = await endLostAttempt(turn, job);
	if (!lost.isDead) turn.announce({ ...job, traceparent: lost.traceparent });
	return lost;
}
