import type { ConfirmChannel, ConsumeMessage } from "amqplib";
import { isPrecondition } from "./amqp-error.ts";
import { within } from "./connection.ts";
import { closeChannel } from "./publisher.ts";

export interface Stream {
	readonly name: string;
	/** A channel to read on, the stream being there. */
	channel(): Promise<ConfirmChannel>;
}

export interface StreamConsumer {
	readonly from: "first" | "last" | number;
	/** Messages that are not acknowledged, at most. */
	readonly readAhead: number;
	readonly take: (message: ConsumeMessage, on: ConfirmChannel) => void;
	/** Called when it is given nothing more; maybe before `consume` resolves, and when it fails. */
	readonly lost: (error: Error) => void;
}

/** A stream that was made a moment ago may have no replica yet where we are. */
const placedAfterMs = 50;
const placedAtTheLatest = 40;

/** Reads a stream on a channel of its own, which it gives. */
export async function consume(stream: Stream, consumer: StreamConsumer): Promise<ConfirmChannel> {
	for (let attempt = 1; ; attempt++) {
		const channel = await stream.channel();
		try {
			await consumeOn(channel, stream.name, consumer);
			return channel;
		} catch (thrown) {
			await closeChannel(channel);
			if (!isPrecondition(thrown) || attempt === placedAtTheLatest) throw thrown;
			await new Promise((resolve) => setTimeout(resolve, placedAfterMs));
		}
	}
}

async function consumeOn(channel: ConfirmChannel, name: string, consumer: StreamConsumer): Promise<void> {
	const { from, readAhead, take, lost } = consumer;
	await channel.prefetch(readAhead);
	const given = (message: ConsumeMessage | null) => {
		if (message !== null) return take(message, channel);
		void closeChannel(channel);
		lost(new Error(`${name} was deleted`));
	};
	// Before it is asked: an answer and the end of the connection can come at once.
	channel.on("close", () => lost(new Error("the connection was lost")));
	await channel.consume(name, given, { arguments: { "x-stream-offset": from }, consumerTag });
}

/** Cancels before it closes: of a consumer that ends with its channel the broker keeps a record. */
export async function stopConsuming(channel: ConfirmChannel): Promise<void> {
	try {
		await within(cancelTimeoutMs, channel.cancel(consumerTag));
	} catch {
		// The channel is gone, and the consumer with it.
	}
	await closeChannel(channel);
}

/** Of the only one on its channel. */
const consumerTag = "watchrabbit";
const cancelTimeoutMs = 2_000;
