import type { ConfirmChannel, ConsumeMessage } from "amqplib";
import { transient, type WatchRabbitError } from "#core/errors.ts";
import { WakeUp } from "#core/wake-up.ts";
import { amqpError } from "./amqp-error.ts";
import { closeChannel } from "./publisher.ts";

/** A message in our hands. Once its channel is gone the broker has given it to another: what we say then changes nothing. */
export interface Held {
	readonly message: ConsumeMessage;
	/** Neither answered, nor taken back by the broker. */
	readonly ours: boolean;
	readonly answered: boolean;
	acknowledge(): void;
	/** To whoever takes next. The broker counts it as a delivery. */
	giveBack(): void;
}

/** What came without anybody asking for it goes back to the others after this. */
const restAfterMs = 1_000;
/** Everything that changes for whoever takes rings. */
const lookEveryMs = 2 ** 31 - 1;

/** While it lasts: a channel with its consumers, what they brought and nobody took yet, and what was taken. */
interface Attached {
	readonly channel: ConfirmChannel;
	readonly consumers: string[];
	readonly arrived: ConsumeMessage[];
	readonly taken: Set<ConsumeMessage>;
	/** What the broker gives without an acknowledgement, at most: as many as were asked for at a time. */
	window: number;
	open: boolean;
}

/**
 * Takes messages of one quorum queue. The broker gives only as many as are wanted: what others could work on does not
 * wait here. While nobody waits to take, nothing is consumed but what was asked for before.
 */
export class PoolConsumer {
	readonly #queue: string;
	readonly #channel: () => Promise<ConfirmChannel>;
	readonly #changed = new WakeUp();
	#attached: Attached | undefined;
	/** Asking the broker for more, or giving back. One at a time. */
	#turn: Promise<void> | undefined;
	#trouble: WatchRabbitError | undefined;
	#takers = 0;
	#resting: NodeJS.Timeout | undefined;
	#closed = false;

	/** `channel` gives one to consume on, the queue being there. */
	constructor(queue: string, channel: () => Promise<ConfirmChannel>) {
		this.#queue = queue;
		this.#channel = channel;
	}

	/** Those that are here and were not taken. */
	get arrived(): number {
		return this.#attached?.arrived.length ?? 0;
	}

	async take(max: number, signal: AbortSignal): Promise<readonly Held[]> {
		clearTimeout(this.#resting);
		this.#takers++;
		try {
			return (await this.#changed.find(() => this.#next(max), signal, lookEveryMs)) ?? [];
		} finally {
			this.#takers--;
			if (signal.aborted && this.#takers === 0) await this.#rest();
			else this.#restLater();
		}
	}

	async close(): Promise<void> {
		this.#closed = true;
		clearTimeout(this.#resting);
		this.#changed.close(transient("QUEUE_CLOSED", `${this.#queue} was closed`));
		await this.#turn;
		// What is not answered goes back to the queue.
		if (this.#attached !== undefined) await closeChannel(this.#attached.channel);
	}

	#next(max: number): readonly Held[] | undefined {
		const trouble = this.#trouble;
		if (trouble !== undefined) {
			this.#trouble = undefined;
			throw trouble;
		}
		const attached = this.#attached;
		if (attached === undefined || attached.arrived.length === 0) {
			if ((attached?.taken.size ?? 0) + max > (attached?.window ?? 0)) void this.#do(() => this.#widen(max));
			return undefined;
		}
		return attached.arrived.splice(0, max).map((message) => {
			attached.taken.add(message);
			return held(attached, message);
		});
	}

	/** One thing at a time; whoever waits looks again after it. */
	#do(task: () => Promise<void>): Promise<void> {
		this.#turn ??= task()
			.catch((thrown: unknown) => {
				this.#trouble = amqpError(thrown);
			})
			.finally(() => {
				this.#turn = undefined;
				this.#changed.ring();
			});
		return this.#turn;
	}

	async #widen(max: number): Promise<void> {
		const attached = this.#attached ?? (await this.#attach());
		const more = attached.taken.size + attached.arrived.length + max - attached.window;
		if (more <= 0 || this.#closed) return;
		const given = (message: ConsumeMessage | null) => {
			if (message === null) return this.#lost(attached, `${this.#queue} was deleted, or took its consumer away`);
			attached.arrived.push(message);
			this.#changed.ring();
			this.#restLater();
		};
		try {
			await attached.channel.prefetch(more);
			const { consumerTag } = await attached.channel.consume(this.#queue, given);
			attached.consumers.push(consumerTag);
			attached.window += more;
		} catch (thrown) {
			// Its end may have been told before anybody listened.
			this.#lost(attached, "the connection was lost");
			throw thrown;
		}
	}

	async #attach(): Promise<Attached> {
		const channel = await this.#channel();
		const attached: Attached = { channel, consumers: [], arrived: [], taken: new Set(), window: 0, open: true };
		channel.on("close", () => this.#lost(attached, "the connection was lost"));
		this.#attached = attached;
		return attached;
	}

	#lost(attached: Attached, why: string): void {
		if (!attached.open) return;
		attached.open = false;
		void closeChannel(attached.channel);
		if (this.#attached === attached) this.#attached = undefined;
		if (this.#takers > 0) this.#trouble = amqpError(new Error(why));
		this.#changed.ring();
	}

	#restLater(): void {
		clearTimeout(this.#resting);
		if (this.#takers > 0 || this.arrived === 0 || this.#closed) return;
		this.#resting = setTimeout(() => void this.#rest(), restAfterMs);
	}

	/** Consumes no more, and gives back what nobody took. What was taken stays ours. */
	async #rest(): Promise<void> {
		await this.#turn;
		const attached = this.#attached;
		if (attached === undefined || attached.consumers.length === 0 || this.#closed) return;
		await this.#do(async () => {
			const consumers = attached.consumers.splice(0);
			for (const consumer of consumers) await attached.channel.cancel(consumer);
			// What was taken is ours until it is answered, and takes no room of those who consume next.
			attached.window = 0;
			attached.taken.clear();
			// Once, in the end, and of what nobody tried: the broker's count of deliveries means nothing here.
			for (const message of attached.arrived.splice(0)) attached.channel.nack(message, false, true);
		});
	}
}

function held(attached: Attached, message: ConsumeMessage): Held {
	let answered = false;
	const answer = (say: () => void) => {
		if (!attached.open || answered) return;
		answered = true;
		attached.taken.delete(message);
		say();
	};
	return {
		message,
		get ours() {
			return attached.open && !answered;
		},
		get answered() {
			return answered;
		},
		acknowledge: () => answer(() => attached.channel.ack(message)),
		giveBack: () => answer(() => attached.channel.nack(message, false, true)),
	};
}
