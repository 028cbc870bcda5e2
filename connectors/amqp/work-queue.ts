import { randomUUID } from "node:crypto";
import { z } from "zod";
import { type Clock, systemClock } from "#core/clock.ts";
import { transient, WatchRabbitError } from "#core/errors.ts";
import type { DeadLetter, MessageHeaders, WorkDelivery, WorkItem, WorkQueue } from "#core/ports/work-queue.ts";
import type { AmqpBroker } from "./broker.ts";
import { cloudEvent } from "./cloud-event.ts";
import { deadLetter, deadLetterDeclarations, lastDeadLetter, readDeadLetters } from "./dead-letters.ts";
import { type Held, PoolConsumer } from "./pool-consumer.ts";
import { type Outgoing, Publisher } from "./publisher.ts";
import { declare } from "./topology.ts";
import { readyIn, retryQueue, workDeclarations, workQueue } from "./work-topology.ts";

export interface AmqpWorkQueueOptions {
	/** Items a pool, waiting and in our hands. */
	readonly bound?: number;
	/** A delivery is acknowledged after this while its job goes on, under the catalog's lease. */
	readonly acknowledgeAfterMs?: number;
	/** Of all dead letters; the oldest go. */
	readonly deadLetterBytes?: number;
	readonly clock?: Clock;
}

/** Well below the 30 minutes after which a broker takes a delivery away from its consumer. */
const acknowledgeAfterMs = 10 * 60_000;
const gigabyte = 1024 ** 3;

/**
 * The work queues in quorum queues of RabbitMQ, one a pool. The catalog owns the jobs and counts their attempts; a queue
 * carries hints. A hint may come twice. A delivery is ours while our channel lives, and then another's; a job that takes
 * hours is acknowledged early, and if its worker dies the catalog has it enqueued again when its lease is over.
 */
export class AmqpWorkQueue implements WorkQueue {
	readonly #broker: AmqpBroker;
	readonly #bound: number;
	readonly #acknowledgeAfterMs: number;
	readonly #clock: Clock;
	readonly #deadLetters: ReturnType<typeof deadLetterDeclarations>;
	readonly #burying: Publisher;
	readonly #pools = new Map<string, Pool>();
	#closed = false;

	constructor(broker: AmqpBroker, options: AmqpWorkQueueOptions = {}) {
		this.#broker = broker;
		this.#bound = options.bound ?? 10_000;
		this.#acknowledgeAfterMs = options.acknowledgeAfterMs ?? acknowledgeAfterMs;
		this.#clock = options.clock ?? systemClock;
		this.#deadLetters = deadLetterDeclarations(options.deadLetterBytes ?? gigabyte);
		this.#burying = new Publisher(broker.publishing, () => declare(broker.publishing, this.#deadLetters));
	}

	/**
	 * Makes the queues of these pools, and the dead letters', where they are missing.
	 *
	 * @throws WatchRabbitError BROKER_*
	 */
	async prepare(pools: readonly string[]): Promise<void> {
		await this.#burying.prepare();
		for (const pool of pools) await this.#pool(pool).publisher.prepare();
	}

	async enqueue(pool: string, items: readonly WorkItem[]): Promise<void> {
		if (items.length === 0) return;
		const { publisher, consumer, inHand } = this.#pool(pool);
		// The broker's own bound lets a burst pass, and takes a part of it: what is over ours is not even sent.
		await publisher.prepare();
		// What comes to us in between is counted once, or not at all.
		const here = consumer.arrived + inHand.size;
		const there = await readyIn(this.#broker.consuming, pool);
		if (here + there + items.length > this.#bound) throw this.#full(pool);
		await this.#publish(
			pool,
			items.map((item) => hint(workQueue(pool), item)),
		);
	}

	async take(pool: string, max: number, signal: AbortSignal): Promise<readonly WorkDelivery[]> {
		for (;;) {
			const taken = await this.#pool(pool).consumer.take(max, signal);
			const deliveries = await Promise.all(taken.map((held) => this.#delivery(pool, held)));
			const readable = deliveries.filter((delivery) => delivery !== undefined);
			if (readable.length > 0 || taken.length === 0) return readable;
		}
	}

	async depth(pool: string): Promise<{ readonly waiting: number; readonly leased: number }> {
		const { consumer, inHand } = this.#pool(pool);
		const here = consumer.arrived;
		return { waiting: here + (await readyIn(this.#broker.consuming, pool)), leased: inHand.size };
	}

	async bury(queue: string, body: string | Uint8Array, reason: string, headers: MessageHeaders = {}): Promise<void> {
		await this.#burying.publish([deadLetter({ queue, body, reason, headers, at: this.#clock.now() })]);
	}

	async deadLetters(): Promise<readonly DeadLetter[]> {
		return await readDeadLetters(this.#broker, this.#deadLetters);
	}

	async lastDeadLetter(): Promise<string | undefined> {
		return await lastDeadLetter(this.#broker, this.#deadLetters);
	}

	async close(): Promise<void> {
		this.#closed = true;
		const closing = [...this.#pools.values()].flatMap(({ publisher, consumer }) => [
			publisher.close(),
			consumer.close(),
		]);
		await Promise.all([this.#burying.close(), ...closing]);
	}

	#pool(pool: string): Pool {
		if (this.#closed) throw transient("QUEUE_CLOSED", "the work queue was closed");
		const known = this.#pools.get(pool);
		if (known !== undefined) return known;
		const { publishing, consuming } = this.#broker;
		const declarations = [...this.#deadLetters, ...workDeclarations(pool, this.#bound)];
		const made: Pool = {
			publisher: new Publisher(publishing, () => declare(publishing, declarations)),
			consumer: new PoolConsumer(workQueue(pool), async () => {
				await declare(consuming, declarations);
				return await consuming.channel();
			}),
			inHand: new Set(),
		};
		this.#pools.set(pool, made);
		return made;
	}

	async #publish(pool: string, messages: readonly Outgoing[]): Promise<void> {
		try {
			await this.#pool(pool).publisher.publish(messages);
		} catch (thrown) {
			if (thrown instanceof WatchRabbitError && thrown.code === "BROKER_REFUSED") throw this.#full(pool);
			throw thrown;
		}
	}

	/** One that nobody can read is kept whole, and is no delivery. */
	async #delivery(pool: string, held: Held): Promise<WorkDelivery | undefined> {
		const { content, properties } = held.message;
		const bury = async (reason: string) => {
			if (!held.ours) return;
			await this.bury(workQueue(pool), content, reason, properties.headers);
			held.acknowledge();
		};
		const item = itemIn(content);
		if (typeof item === "string") {
			await bury(item);
			return undefined;
		}
		const { inHand } = this.#pool(pool);
		inHand.add(held);
		const since = this.#clock.monotonic();
		/** The first that succeeds counts. */
		const answer = (task: () => Promise<void> | void) => async () => {
			if (!inHand.delete(held)) return;
			try {
				await task();
			} catch (thrown) {
				inHand.add(held);
				throw thrown;
			}
		};
		return {
			item,
			ack: answer(() => held.acknowledge()),
			release: (afterMs) => answer(() => this.#release(pool, held, item, afterMs))(),
			reject: (reason) => answer(() => bury(reason))(),
			extend: async () => {
				if (this.#clock.monotonic() - since >= this.#acknowledgeAfterMs) held.acknowledge();
			},
		};
	}

	/** As a new hint: a delivery that is only given back would be counted by the broker, and dropped one day. */
	async #release(pool: string, held: Held, item: WorkItem, afterMs: number): Promise<void> {
		// One that was acknowledged early is in no queue any more.
		const lost = !held.ours && !held.answered;
		if (lost) return;
		const message = afterMs > 0 ? later(pool, item, afterMs) : hint(workQueue(pool), item);
		try {
			await this.#publish(pool, [message]);
			held.acknowledge();
		} catch (thrown) {
			// The broker takes nothing new: the old one is better at once than never.
			if (held.answered) throw thrown;
			held.giveBack();
		}
	}

	#full(pool: string) {
		return transient("QUEUE_FULL", `the queue of pool ${pool} is at its bound of ${this.#bound}`, {
			fix: "Nothing to do: work is offered again once the workers have caught up.",
		});
	}
}

interface Pool {
	readonly publisher: Publisher;
	readonly consumer: PoolConsumer;
	/** Deliveries that were not answered yet. */
	readonly inHand: Set<Held>;
}

function hint(queue: string, item: WorkItem): Outgoing {
	const { jobId, priority, traceparent } = item;
	const messageId = randomUUID();
	return {
		exchange: "",
		routingKey: queue,
		content: Buffer.from(JSON.stringify({ jobId, priority, traceparent })),
		messageId,
		options: {
			contentType: "application/json",
			priority,
			headers: { ...cloudEvent("watchrabbit.work", `/${queue}`, messageId), traceparent },
		},
	};
}

/** Waits in a queue of its own, from which the broker moves it when its time is over, or that of what is before it. */
function later(pool: string, item: WorkItem, afterMs: number): Outgoing {
	const { options, ...message } = hint(retryQueue(pool), item);
	return { ...message, options: { ...options, expiration: Math.ceil(afterMs) } };
}

const workItem = z.object({
	jobId: z.string().regex(/^[!-~]{1,200}$/),
	priority: z.int().min(0).max(9),
	traceparent: z.string().max(200),
});

/** Or why it is none. */
function itemIn(content: Buffer): WorkItem | string {
	let json: unknown;
	try {
		json = JSON.parse(content.toString("utf8"));
	} catch (cause) {
		return `not JSON: ${(cause as Error).message}`;
	}
	const { data, error } = workItem.safeParse(json);
	return data ?? `not a hint of work: ${error?.issues[0]?.path.join(".")}: ${error?.issues[0]?.message}`;
}
