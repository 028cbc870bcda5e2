import { asText } from "#core/as-text.ts";
import { type Clock, systemClock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import type { DeadLetter, MessageHeaders, WorkDelivery, WorkItem, WorkQueue } from "#core/ports/work-queue.ts";
import { WakeUp } from "#core/wake-up.ts";

interface Entry {
	item: WorkItem;
	/** Waits from then on, or is leased until then. */
	readyAt: number;
	leased: boolean;
	/** Number of its deliveries: the answer to an older one changes nothing. */
	delivery: number;
}

/** Ready whatever time it is: a clock that is stepped back delays nothing that waits. */
const atOnce = 0;
/** Time makes items ready without anybody ringing. */
const lookEveryMs = 100;

/** A work queue that lives as long as the process. Of a job at most one item waits. */
export class MemoryWorkQueue implements WorkQueue {
	readonly #clock: Clock;
	readonly #leaseMs: number;
	readonly #bound: number;
	readonly #changed = new WakeUp();
	readonly #pools = new Map<string, Set<Entry>>();
	readonly #dead: DeadLetter[] = [];

	constructor(options: { readonly leaseMs?: number; readonly bound?: number; readonly clock?: Clock } = {}) {
		this.#clock = options.clock ?? systemClock;
		this.#leaseMs = options.leaseMs ?? 30_000;
		this.#bound = options.bound ?? 10_000;
	}

	async enqueue(pool: string, items: readonly WorkItem[]): Promise<void> {
		const entries = this.#entries(pool);
		const waiting = new Map([...entries].filter((entry) => !entry.leased).map((entry) => [entry.item.jobId, entry]));
		const fresh = new Set(items.map((item) => item.jobId).filter((jobId) => !waiting.has(jobId)));
		if (entries.size + fresh.size > this.#bound) {
			throw transient("QUEUE_FULL", `the queue of pool ${pool} is at its bound of ${this.#bound}`, {
				fix: "Nothing to do: work is offered again once the workers have caught up.",
			});
		}
		for (const item of items) {
			const known = waiting.get(item.jobId);
			if (known) {
				known.item = { ...known.item, priority: Math.max(known.item.priority, item.priority) };
				known.readyAt = atOnce;
				continue;
			}
			const entry = { item, readyAt: atOnce, leased: false, delivery: 0 };
			waiting.set(item.jobId, entry);
			entries.add(entry);
		}
		this.#changed.ring();
	}

	async take(pool: string, max: number, signal: AbortSignal): Promise<readonly WorkDelivery[]> {
		return (await this.#changed.find(() => this.#lease(pool, max), signal, lookEveryMs)) ?? [];
	}

	async depth(pool: string): Promise<{ readonly waiting: number; readonly leased: number }> {
		const entries = this.#entries(pool);
		const now = this.#clock.now();
		const leased = [...entries].filter((entry) => entry.leased && entry.readyAt > now).length;
		return { waiting: entries.size - leased, leased };
	}

	async bury(queue: string, body: string | Uint8Array, reason: string, headers: MessageHeaders = {}): Promise<void> {
		const text = typeof body === "string" ? body : asText(body);
		this.#dead.push({ id: String(this.#dead.length + 1), queue, body: text, headers, reason, at: this.#clock.now() });
	}

	async deadLetters(): Promise<readonly DeadLetter[]> {
		return [...this.#dead];
	}

	async lastDeadLetter(): Promise<string | undefined> {
		return this.#dead.at(-1)?.id;
	}

	async close(): Promise<void> {
		this.#changed.close(transient("QUEUE_CLOSED", "the queue was closed"));
	}

	#lease(pool: string, max: number): readonly WorkDelivery[] | undefined {
		const now = this.#clock.now();
		const ready = [...this.#entries(pool)]
			.filter((entry) => entry.readyAt <= now)
			.sort((a, b) => b.item.priority - a.item.priority)
			.slice(0, max);
		for (const entry of ready) {
			entry.leased = true;
			entry.delivery++;
			entry.readyAt = now + this.#leaseMs;
		}
		return ready.length === 0 ? undefined : ready.map((entry) => this.#delivery(pool, entry));
	}

	#delivery(pool: string, entry: Entry): WorkDelivery {
		const entries = this.#entries(pool);
		const { item, delivery } = entry;
		const ours = () => entries.has(entry) && entry.delivery === delivery && entry.leased;
		return {
			item,
			ack: async () => {
				if (ours()) entries.delete(entry);
			},
			extend: async () => {
				if (ours()) entry.readyAt = this.#clock.now() + this.#leaseMs;
			},
			release: async (afterMs) => {
				if (!ours()) return;
				const other = [...entries].some((known) => !known.leased && known.item.jobId === item.jobId);
				if (other) entries.delete(entry);
				entry.leased = false;
				entry.readyAt = this.#clock.now() + afterMs;
				this.#changed.ring();
			},
			reject: async (reason) => {
				if (!ours()) return;
				entries.delete(entry);
				await this.bury(`watchrabbit.work.${pool}`, JSON.stringify(item), reason);
			},
		};
	}

	#entries(pool: string): Set<Entry> {
		const entries = this.#pools.get(pool) ?? new Set();
		this.#pools.set(pool, entries);
		return entries;
	}
}
