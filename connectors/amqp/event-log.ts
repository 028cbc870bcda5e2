import { createHash } from "node:crypto";
import type { ConfirmChannel } from "amqplib";
import { transient } from "#core/errors.ts";
import type { EventLog, LogEvent, LogOffset, LogPartition, LogPosition, LogReader } from "#core/ports/event-log.ts";
import { filesLog } from "#domain/places.ts";
import { amqpError } from "./amqp-error.ts";
import type { AmqpBroker } from "./broker.ts";
import { type AmqpConnection, within } from "./connection.ts";
import { type Outgoing, Publisher } from "./publisher.ts";
import { streamArguments } from "./stream-arguments.ts";
import type { Stream } from "./stream-consumer.ts";
import { lastMessage } from "./stream-end.ts";
import { messageOf, packed, recordsOf } from "./stream-message.ts";
import { StreamReader } from "./stream-reader.ts";
import { type Declaration, declare } from "./topology.ts";
import { messagesIn } from "./work-topology.ts";

export interface AmqpEventLogOptions {
	/** Streams that the events are spread over by their keys. Fewer than before: the streams left over are read no more. */
	readonly partitions?: number;
	/** What is older, or over the size, goes: a segment at a time, of each stream. */
	readonly retention?: { readonly ageMs: number; readonly bytes: number };
}

const declareTimeoutMs = 5_000;
const weekMs = 7 * 24 * 3600 * 1000;
const defaultRetention = { ageMs: weekMs, bytes: 10 * 1024 ** 3 };

/**
 * The event log in streams of RabbitMQ, `watchrabbit.files` and `watchrabbit.files.1` and so on. Events are there at least
 * once: an append that fails may have been taken in part, and is to be repeated.
 */
export class AmqpEventLog implements EventLog {
	readonly partitions: readonly [StreamPartition, ...StreamPartition[]];
	readonly #publisher: Publisher;
	readonly #broker: AmqpBroker;
	#declaring: Promise<unknown> = Promise.resolve();
	#closed = false;

	constructor(broker: AmqpBroker, options: AmqpEventLogOptions = {}) {
		const { partitions = 1, retention = defaultRetention } = options;
		this.#broker = broker;
		const make = (declaration: Declaration) => this.#declare(broker.consuming, [declaration]);
		const stream = (name: string) => new StreamPartition(name, streamArguments(retention), broker, make);
		const more = Array.from({ length: partitions - 1 }, (_, n) => stream(`${filesLog}.${n + 1}`));
		this.partitions = [stream(filesLog), ...more];
		const declarations = this.partitions.map(({ declaration }) => declaration);
		this.#publisher = new Publisher(broker.publishing, () => this.#declare(broker.publishing, declarations));
	}

	/**
	 * Makes the streams where they are missing.
	 *
	 * @throws WatchRabbitError BROKER_*
	 */
	async prepare(): Promise<void> {
		await this.#publisher.prepare();
	}

	/** A stream confirms before it is on disk: what a broker had confirmed may be gone when it was. */
	get lapses(): number {
		return 1 + this.#broker.publishing.losses;
	}

	/** Stable: where a key's events are must not change while the number of streams does not. */
	partitionOf(key: string): StreamPartition {
		if (this.partitions.length === 1) return this.partitions[0];
		const number = createHash("sha256").update(key).digest().readUInt32BE() % this.partitions.length;
		return this.partitions[number] as StreamPartition;
	}

	/** Of the broker; on the connection that it answers on while it takes no messages. */
	async look(): Promise<void> {
		if (this.#closed) throw logClosed();
		await messagesIn(this.#broker.consuming, this.partitions[0].name);
	}

	async append(events: readonly LogEvent[]): Promise<void> {
		if (this.#closed) throw logClosed();
		const messages = [...Map.groupBy(events, ({ key }) => this.partitionOf(key))].flatMap(([{ name }, ours]) =>
			packed(ours).map((pack): Outgoing => messageOf(name, pack)),
		);
		if (messages.length > 0) await this.#publisher.publish(messages);
	}

	/**
	 * One after the other: a stream that two make at the same moment ends their channels, and is of no use for a while. Bounded:
	 * the library may wait for ever for a connection that ends meanwhile.
	 */
	#declare(connection: AmqpConnection, declarations: readonly Declaration[]): Promise<void> {
		const declared = this.#declaring.then(() => within(declareTimeoutMs, declare(connection, declarations)));
		this.#declaring = declared.catch(() => {});
		return declared;
	}

	async close(): Promise<void> {
		this.#closed = true;
		await Promise.all([this.#publisher.close(), ...this.partitions.map((partition) => partition.close())]);
	}
}

/** One stream. */
class StreamPartition implements LogPartition, Stream {
	readonly name: string;
	readonly declaration: Declaration;
	readonly #broker: AmqpBroker;
	readonly #make: (declaration: Declaration) => Promise<void>;
	readonly #readers = new Set<StreamReader>();
	#closed = false;

	constructor(
		name: string,
		streamArguments: Readonly<Record<string, string | number>>,
		broker: AmqpBroker,
		make: (declaration: Declaration) => Promise<void>,
	) {
		this.name = name;
		this.declaration = { kind: "queue", name, arguments: streamArguments };
		this.#broker = broker;
		this.#make = make;
	}

	open(after: LogPosition | undefined): LogReader {
		const reader = new StreamReader(this, after);
		this.#readers.add(reader);
		if (this.#closed) reader.close();
		return {
			read: (max, signal) => reader.read(max, signal),
			close: () => {
				void reader.end().then(() => this.#readers.delete(reader));
			},
		};
	}

	async end(): Promise<LogOffset | undefined> {
		if (this.#closed) throw logClosed();
		try {
			const message = await lastMessage(this);
			return message && recordsOf(this.name, message).at(-1)?.offset;
		} catch (thrown) {
			throw amqpError(thrown);
		}
	}

	/** The broker does it, by the stream's retention. */
	async trim(): Promise<void> {}

	async channel(): Promise<ConfirmChannel> {
		await this.#make(this.declaration);
		return await this.#broker.consuming.channel();
	}

	async close(): Promise<void> {
		this.#closed = true;
		await Promise.all([...this.#readers].map((reader) => reader.end()));
		this.#readers.clear();
	}
}

function logClosed() {
	return transient("LOG_CLOSED", "the log was closed");
}
