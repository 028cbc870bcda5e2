import { asText } from "#core/as-text.ts";
import { type Clock, systemClock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import type { DeadLetter, MessageHeaders, WorkDelivery, WorkItem, WorkQueue } from "#core/ports/work-queue.ts";
import { WakeUp } from "#core/wake-up.ts";
import { Database } from "./open.ts";

/**
 * An item waits (`leased = 0`) from `ready_at` on, or is leased until `ready_at`, after which it is delivered again.
 * Each delivery has a number, so that the answer to an older one changes nothing. Of a job at most one item waits.
 */
const migrations = [
	`
	CREATE TABLE item (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		pool TEXT NOT NULL,
		job TEXT NOT NULL,
		priority INTEGER NOT NULL,
		traceparent TEXT NOT NULL,
		ready_at INTEGER NOT NULL,
		leased INTEGER NOT NULL DEFAULT 0,
		delivery INTEGER NOT NULL DEFAULT 0
	) STRICT;
	CREATE INDEX item_in_order ON item (pool, priority DESC, id);
	CREATE UNIQUE INDEX item_waiting ON item (pool, job) WHERE leased = 0;

	CREATE TABLE dead_letter (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		queue TEXT NOT NULL,
		body TEXT NOT NULL,
		reason TEXT NOT NULL,
		at INTEGER NOT NULL
	) STRICT;
	`,
	"ALTER TABLE dead_letter ADD COLUMN headers TEXT NOT NULL DEFAULT '{}';",
];

export interface SqliteWorkQueueOptions {
	/** How long a delivery is ours without `extend`. */
	readonly leaseMs?: number;
	/** Items a pool, waiting and leased. */
	readonly bound?: number;
	readonly clock?: Clock;
}

/** Ready whatever time it is: a clock that is stepped back delays nothing that waits. */
const atOnce = 0;
/** How soon what another process enqueued, or what is due again, is noticed; what this process enqueues is at once. */
const lookEveryMs = 100;

/** The work queues of all pools in one SQLite file; any number of processes may enqueue and take. */
export class SqliteWorkQueue implements WorkQueue {
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #leaseMs: number;
	readonly #bound: number;
	readonly #changed = new WakeUp();
	readonly #statements: ReturnType<typeof prepare>;

	/** @throws WatchRabbitError DATABASE_* */
	constructor(file: string, options: SqliteWorkQueueOptions = {}) {
		this.#clock = options.clock ?? systemClock;
		this.#leaseMs = options.leaseMs ?? 30_000;
		this.#bound = options.bound ?? 10_000;
		this.#database = new Database(file, { migrations, flush: "aside" });
		this.#statements = prepare(this.#database);
	}

	async enqueue(pool: string, items: readonly WorkItem[]): Promise<void> {
		this.#database.transaction(() => {
			for (const { jobId, priority, traceparent } of items) {
				this.#statements.insert.run(pool, jobId, priority, traceparent, atOnce);
			}
			if (Number(this.#statements.count.get(pool)?.n) > this.#bound) throw this.#full(pool);
		});
		await this.#database.flushed();
		this.#changed.ring();
	}

	async take(pool: string, max: number, signal: AbortSignal): Promise<readonly WorkDelivery[]> {
		const rows = await this.#changed.find(() => this.#lease(pool, max), signal, lookEveryMs);
		return rows?.map((row) => this.#delivery(pool, row)) ?? [];
	}

	async depth(pool: string): Promise<{ readonly waiting: number; readonly leased: number }> {
		const row = this.#database.attempt(() => this.#statements.depth.get(this.#clock.now(), pool));
		const leased = Number(row?.leased);
		return { waiting: Number(row?.n) - leased, leased };
	}

	async bury(queue: string, body: string | Uint8Array, reason: string, headers: MessageHeaders = {}): Promise<void> {
		const text = typeof body === "string" ? body : asText(body);
		const at = this.#clock.now();
		this.#database.attempt(() => this.#statements.bury.run(queue, text, reason, at, JSON.stringify(headers)));
		await this.#database.flushed();
	}

	async deadLetters(): Promise<readonly DeadLetter[]> {
		const rows = this.#database.attempt(() => this.#statements.deadLetters.all()) as unknown as LetterRow[];
		return rows.map(({ headers, ...letter }) => ({ ...letter, headers: JSON.parse(headers) }));
	}

	async lastDeadLetter(): Promise<string | undefined> {
		return this.#database.attempt(() => this.#statements.lastDeadLetter.get())?.id as string | undefined;
	}

	async close(): Promise<void> {
		this.#changed.close(transient("QUEUE_CLOSED", `${this.#database.file} was closed`));
		await this.#database.end();
	}

	#lease(pool: string, max: number): LeasedRow[] | undefined {
		const now = this.#clock.now();
		// Without the write lock first: a pool that waits looks ten times a second.
		if (!this.#database.attempt(() => this.#statements.ready.get(pool, now, 1))) return undefined;
		const rows = this.#database.transaction(() => {
			const ready = this.#statements.ready.all(pool, now, max) as unknown as LeasedRow[];
			for (const { id } of ready) this.#statements.lease.run(now + this.#leaseMs, id);
			return ready;
		});
		return rows.length === 0 ? undefined : rows;
	}

	#delivery(pool: string, { id, delivery, jobId, priority, traceparent }: LeasedRow): WorkDelivery {
		const { ack, extend, release, superseded, bury } = this.#statements;
		const item = { jobId, priority, traceparent };
		return {
			item,
			ack: async () => {
				this.#database.attempt(() => ack.run(id, delivery));
			},
			extend: async () => {
				this.#database.attempt(() => extend.run(this.#clock.now() + this.#leaseMs, id, delivery));
			},
			release: async (afterMs) => {
				const readyAt = Math.ceil(this.#clock.now() + afterMs);
				this.#database.transaction(() => {
					if (superseded.run(id, delivery).changes === 0) release.run(readyAt, id, delivery);
				});
				this.#changed.ring();
			},
			reject: async (reason) => {
				this.#database.transaction(() => {
					if (ack.run(id, delivery).changes === 0) return;
					bury.run(`watchrabbit.work.${pool}`, JSON.stringify(item), reason, this.#clock.now(), "{}");
				});
				await this.#database.flushed();
			},
		};
	}

	#full(pool: string) {
		return transient("QUEUE_FULL", `the queue of pool ${pool} is at its bound of ${this.#bound}`, {
			fix: "Nothing to do: work is offered again once the workers have caught up.",
		});
	}
}

interface LetterRow extends Omit<DeadLetter, "headers"> {
	readonly headers: string;
}

interface LeasedRow extends WorkItem {
	readonly id: number;
	/** The number of this delivery. */
	readonly delivery: number;
}

function prepare(database: Database) {
	const statement = (sql: string) => database.prepare(sql);
	return {
		insert: statement(
			`INSERT INTO item (pool, job, priority, traceparent, ready_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (pool, job) WHERE leased = 0 DO UPDATE
			SET priority = max(priority, excluded.priority), ready_at = min(ready_at, excluded.ready_at)`,
		),
		count: statement("SELECT count(*) AS n FROM item WHERE pool = ?"),
		ready: statement(
			`SELECT id, delivery + 1 AS delivery, job AS jobId, priority, traceparent FROM item
			WHERE pool = ? AND ready_at <= ? ORDER BY priority DESC, id LIMIT ?`,
		),
		lease: statement("UPDATE item SET leased = 1, delivery = delivery + 1, ready_at = ? WHERE id = ?"),
		ack: statement("DELETE FROM item WHERE id = ? AND delivery = ?"),
		extend: statement("UPDATE item SET ready_at = ? WHERE id = ? AND delivery = ? AND leased = 1"),
		release: statement("UPDATE item SET leased = 0, ready_at = ? WHERE id = ? AND delivery = ?"),
		superseded: statement(
			`DELETE FROM item WHERE id = ? AND delivery = ? AND leased = 1 AND EXISTS (SELECT 1 FROM item AS other
			WHERE other.pool = item.pool AND other.job = item.job AND other.leased = 0)`,
		),
		depth: statement("SELECT count(*) AS n, total(leased AND ready_at > ?) AS leased FROM item WHERE pool = ?"),
		bury: statement("INSERT INTO dead_letter (queue, body, reason, at, headers) VALUES (?, ?, ?, ?, ?)"),
		lastDeadLetter: statement("SELECT CAST(id AS TEXT) AS id FROM dead_letter ORDER BY dead_letter.id DESC LIMIT 1"),
		deadLetters: statement(
			"SELECT CAST(id AS TEXT) AS id, queue, body, reason, at, headers FROM dead_letter ORDER BY dead_letter.id",
		),
	};
}
