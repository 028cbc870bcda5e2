import type { ConfirmChannel, Options } from "amqplib";
import { transient, type WatchRabbitError } from "#core/errors.ts";
import { amqpError } from "./amqp-error.ts";
import { type AmqpConnection, brokerClosed, within } from "./connection.ts";

export interface Outgoing {
	/** "" is the default exchange: the routing key names a queue. */
	readonly exchange: string;
	readonly routingKey: string;
	readonly content: Buffer;
	/** Unique: a message that nobody is there to take comes back under it. */
	readonly messageId: string;
	readonly options: Omit<Options.Publish, "messageId" | "mandatory" | "persistent">;
	/** Nobody need be there to take it. */
	readonly unheard?: boolean;
}

interface Made {
	readonly channel: ConfirmChannel;
	/** Ids of messages that came back: there is no queue for them. */
	readonly returned: Set<string>;
	/** Why the broker ended it. */
	error: unknown;
}

/**
 * Publishes on a channel of its own, which is made, with what it needs on the broker, when it is first needed, and again
 * after it was lost. A message counts when the broker confirmed it.
 */
export class Publisher {
	readonly #connection: AmqpConnection;
	readonly #prepare: () => Promise<void>;
	#made: Promise<Made> | undefined;
	/** What `#made` came to. */
	#current: Made | undefined;
	#closed = false;

	/** `prepare` declares what is published to. */
	constructor(connection: AmqpConnection, prepare: () => Promise<void>) {
		this.#connection = connection;
		this.#prepare = prepare;
	}

	/**
	 * Resolves once all are confirmed, having been taken in order. After an error any of them may have been taken.
	 *
	 * @throws WatchRabbitError BROKER_REFUSED (transient) when a queue is full, BROKER_BLOCKED (transient), BROKER_*
	 */
	async publish(messages: readonly Outgoing[]): Promise<void> {
		const made = await this.#ready();
		try {
			await within(this.#connection.confirmTimeoutMs, send(made, messages));
		} catch (thrown) {
			const error = this.#judged(made, thrown);
			if (error.code !== refusedCode) await this.#leave(made);
			throw error;
		}
	}

	/** Connects, and declares what is published to: so that what is wrong is known before there is something to publish. */
	async prepare(): Promise<void> {
		await this.#ready();
	}

	async close(): Promise<void> {
		this.#closed = true;
		const made = await this.#made?.catch(() => undefined);
		if (made !== undefined) await closeChannel(made.channel);
	}

	async #ready(): Promise<Made> {
		if (this.#closed) throw brokerClosed();
		const { blocked } = this.#connection;
		// It would read nothing that we ask.
		if (blocked !== undefined) throw brokerBlocked(blocked);
		this.#made ??= this.#make();
		const making = this.#made;
		try {
			return await making;
		} catch (thrown) {
			if (this.#made === making) this.#made = undefined;
			throw amqpError(thrown);
		}
	}

	async #make(): Promise<Made> {
		await this.#prepare();
		const channel = await this.#connection.channel();
		const made: Made = { channel, returned: new Set(), error: undefined };
		channel.on("error", (error) => {
			made.error = error;
		});
		channel.on("return", ({ properties }) => made.returned.add(properties.messageId));
		channel.on("close", () => this.#forget(made));
		this.#current = made;
		return made;
	}

	/** The broker's reason where it gave one. */
	#judged(made: Made, thrown: unknown): WatchRabbitError {
		const { blocked } = this.#connection;
		if (blocked !== undefined) return brokerBlocked(blocked);
		return amqpError(made.error ?? thrown);
	}

	#forget(made: Made): void {
		if (this.#current !== made) return;
		this.#current = undefined;
		this.#made = undefined;
	}

	/** What it may still confirm belongs to nobody; the next one has a channel that is made, and declared, anew. */
	async #leave(made: Made): Promise<void> {
		this.#forget(made);
		if (this.#connection.blocked === undefined) await closeChannel(made.channel);
		// A blocked broker reads nothing: it hears of it when it does again.
		else made.channel.close().catch(() => {});
	}
}

async function send(made: Made, messages: readonly Outgoing[]): Promise<void> {
	const { channel } = made;
	const confirms: Promise<void>[] = [];
	for (const { exchange, routingKey, content, messageId, options, unheard } of messages) {
		const confirmed = Promise.withResolvers<void>();
		// Without this one that fails while a later one waits for room would be nobody's.
		confirmed.promise.catch(() => {});
		confirms.push(confirmed.promise);
		const room = channel.publish(
			exchange,
			routingKey,
			content,
			{ ...options, messageId, persistent: true, mandatory: unheard !== true },
			(error: unknown) => {
				if (made.returned.delete(messageId)) confirmed.reject(unrouted(routingKey));
				else if (error) confirmed.reject(isNack(error) ? refused(routingKey) : error);
				else confirmed.resolve();
			},
		);
		if (!room) await drained(channel);
	}
	await Promise.all(confirms);
}

function drained(channel: ConfirmChannel): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			channel.removeListener("drain", done);
			channel.removeListener("close", done);
			resolve();
		};
		channel.on("drain", done);
		channel.on("close", done);
	});
}

/** Bounded: the library waits for ever for the answer of a connection that ends meanwhile. */
export async function closeChannel(channel: ConfirmChannel): Promise<void> {
	try {
		await within(closeTimeoutMs, channel.close());
	} catch {
		// It was closed, or the connection is gone: either way it is no more.
	}
}

const closeTimeoutMs = 2_000;
const refusedCode = "BROKER_REFUSED";

function isNack(error: unknown): boolean {
	return error instanceof Error && error.message === "message nacked";
}

function refused(queue: string) {
	return transient(refusedCode, `the broker refused a message for ${queue}: its queue is full`);
}

function unrouted(queue: string) {
	return transient("BROKER_AWAY", `${queue} was deleted from the broker; it is made anew`);
}

function brokerBlocked(reason: string) {
	return transient("BROKER_BLOCKED", `the broker takes no messages at the moment: ${reason}`, {
		fix: "Make room on the broker: rabbitmq-diagnostics alarms names what is short.",
	});
}
