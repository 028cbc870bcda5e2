import { randomUUID } from "node:crypto";
import type { ConfirmChannel, ConsumeMessage } from "amqplib";
import { asText } from "#core/as-text.ts";
import type { DeadLetter, MessageHeaders } from "#core/ports/work-queue.ts";
import type { AmqpBroker } from "./broker.ts";
import type { Outgoing } from "./publisher.ts";
import { consume, type Stream, stopConsuming } from "./stream-consumer.ts";
import { lastMessage } from "./stream-end.ts";
import { type Declaration, declare } from "./topology.ts";

/** Where the broker's own dead letters go, and ours: an exchange, and the stream that keeps them. */
export const deadLetterExchange = "watchrabbit.dead";
const name = "watchrabbit.dead";
const segmentBytes = 50_000_000;
const readAhead = 100;

/** A stream: people look at dead letters again and again, and a queue counts each look as a delivery. */
export function deadLetterDeclarations(bytes: number): readonly Declaration[] {
	return [
		{ kind: "exchange", name: deadLetterExchange, type: "fanout" },
		{
			kind: "queue",
			name,
			arguments: {
				"x-queue-type": "stream",
				"x-max-length-bytes": bytes,
				"x-stream-max-segment-size-bytes": segmentBytes,
			},
		},
		{ kind: "binding", name, exchange: deadLetterExchange, pattern: "" },
	];
}

export interface Burial {
	readonly queue: string;
	readonly body: string | Uint8Array;
	readonly reason: string;
	readonly headers: MessageHeaders;
	/** Milliseconds since the epoch. */
	readonly at: number;
}

/** All headers of a message are one frame, whose size is agreed on: what came so large leaves no room for the reason. */
const longestHeaders = 100_000;
const longestReason = 2_000;

/** The headers that it came with are one of its own, as JSON: some would tell the broker, or us, what to do with it. */
export function deadLetter({ queue, body, reason, headers, at }: Burial): Outgoing {
	const came = asJson(headers);
	const left = came === undefined ? " (without its headers: they are too large, or too deep)" : "";
	return {
		exchange: deadLetterExchange,
		routingKey: "",
		content: Buffer.from(body as string),
		messageId: randomUUID(),
		options: {
			headers: {
				"watchrabbit-queue": queue,
				"watchrabbit-reason": `${reason.slice(0, longestReason)}${left}`,
				"watchrabbit-at": String(at),
				"watchrabbit-headers": came ?? "{}",
			},
		},
	};
}

function asJson(headers: MessageHeaders): string | undefined {
	try {
		const json = JSON.stringify(headers);
		return Buffer.byteLength(json) > longestHeaders ? undefined : json;
	} catch {
		return undefined;
	}
}

/** All of them, oldest first. */
export async function readDeadLetters(
	broker: AmqpBroker,
	declarations: readonly Declaration[],
): Promise<readonly DeadLetter[]> {
	const stream = streamOn(broker, declarations);
	const last = await lastMessage(stream);
	return last === undefined ? [] : await readUpTo(stream, offsetOf(last));
}

/** The id of the last one. */
export async function lastDeadLetter(
	broker: AmqpBroker,
	declarations: readonly Declaration[],
): Promise<string | undefined> {
	const last = await lastMessage(streamOn(broker, declarations));
	return last === undefined ? undefined : idOf(last);
}

function streamOn({ consuming }: AmqpBroker, declarations: readonly Declaration[]): Stream {
	return {
		name,
		channel: async () => {
			await declare(consuming, declarations);
			return await consuming.channel();
		},
	};
}

async function readUpTo(stream: Stream, end: number): Promise<readonly DeadLetter[]> {
	const letters: DeadLetter[] = [];
	const all = Promise.withResolvers<void>();
	all.promise.catch(() => {}); // Told by what awaits it, if that is reached.
	const take = (message: ConsumeMessage, channel: ConfirmChannel) => {
		if (offsetOf(message) <= end) letters.push(letterOf(message));
		if (offsetOf(message) >= end) all.resolve();
		channel.ack(message);
	};
	const channel = await consume(stream, { from: "first", readAhead, take, lost: all.reject });
	try {
		await all.promise;
		return letters;
	} finally {
		await stopConsuming(channel);
	}
}

/** What the broker itself put there says why in headers of its own, and so may what somebody else did. */
function letterOf(message: ConsumeMessage): DeadLetter {
	const { headers = {}, timestamp } = message.properties;
	const at = Number(headers["watchrabbit-at"] ?? (timestamp ?? 0) * 1000);
	return {
		id: idOf(message),
		queue: String(headers["watchrabbit-queue"] ?? headers["x-first-death-queue"] ?? ""),
		body: asText(message.content),
		headers: headersIn(headers),
		reason: String(headers["watchrabbit-reason"] ?? `by the broker: ${headers["x-first-death-reason"] ?? "no reason"}`),
		at: Number.isNaN(new Date(at).getTime()) ? 0 : at,
	};
}

function headersIn(headers: MessageHeaders): MessageHeaders {
	try {
		return JSON.parse(String(headers["watchrabbit-headers"]));
	} catch {
		return headers;
	}
}

function idOf(message: ConsumeMessage): string {
	return String(offsetOf(message));
}

function offsetOf({ properties }: ConsumeMessage): number {
	return Number(properties.headers?.["x-stream-offset"]);
}
