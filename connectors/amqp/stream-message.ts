import { randomUUID } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import { z } from "zod";
import type { LogEvent, LogOffset, LogRecord } from "#core/ports/event-log.ts";
import { cloudEvent } from "./cloud-event.ts";
import type { Outgoing } from "./publisher.ts";

const version = 1;
const contentType = "application/json";

/** A message of a stream: as many events as came together, each with its attributes and its own message as it was given. */
const streamMessage = z.object({
	version: z.literal(version),
	events: z
		.array(
			z.object({
				id: z.string().describe("Given by the producer: a second event of the same id is the same event."),
				key: z.string().describe("Events of one key are in one stream, in order."),
				traceparent: z.string().describe("W3C Trace Context."),
				body: z.string().describe("The event itself: JSON, as text."),
			}),
		)
		.min(1)
		.max(4096),
});

/** JSON Schema (draft 2020-12) of what is in the streams. */
export function streamMessageJsonSchema(): object {
	const schema = z.toJSONSchema(streamMessage, { io: "input" });
	return { ...schema, title: `WatchRabbit stream message, version ${version}` };
}

/**
 * An offset of ours is the message's place in its stream and the event's in its message: streamOffset * 4096 + index.
 * Exact up to 2^41 messages.
 */
const eventsAMessage = 4096;
/** Kept well below the most: a reader holds hundreds of messages. */
const largestPack = { events: 256, characters: 128 * 1024 };

export function streamOffsetOf(offset: LogOffset): number {
	return Math.floor(offset / eventsAMessage);
}

/** Few together when it is quiet, up to 256 under pressure; one that is large goes alone. */
export function packed(events: readonly LogEvent[]): LogEvent[][] {
	const packs: LogEvent[][] = [];
	let characters = Number.POSITIVE_INFINITY;
	for (const event of events) {
		const pack = packs.at(-1);
		if (
			pack === undefined ||
			pack.length === largestPack.events ||
			characters + event.body.length > largestPack.characters
		) {
			packs.push([event]);
			characters = event.body.length;
		} else {
			pack.push(event);
			characters += event.body.length;
		}
	}
	return packs;
}

/** CloudEvents 1.0: the message is the event that these were appended together. */
export function messageOf(stream: string, events: readonly LogEvent[]): Outgoing {
	const [first] = events as readonly [LogEvent, ...LogEvent[]];
	const attributes = events.map(({ id, key, traceparent, body }) => ({ id, key, traceparent, body }));
	return {
		exchange: "",
		routingKey: stream,
		content: Buffer.from(JSON.stringify({ version, events: attributes })),
		messageId: randomUUID(),
		options: {
			contentType,
			headers: {
				...cloudEvent(
					"watchrabbit.files",
					`/${stream}`,
					events.length === 1 ? first.id : `${first.id}+${events.length - 1}`,
				),
				traceparent: first.traceparent,
			},
		},
	};
}

/**
 * All that is in a message, in order. What cannot be read is a record as well, whole: a message that is none of ours, or
 * of a version that does not exist yet, or an event without its attributes. Whoever reads the body finds that it is no
 * event, and buries it.
 */
export function recordsOf(stream: string, { content, properties }: ConsumeMessage): LogRecord[] {
	const streamOffset = Number(properties.headers?.["x-stream-offset"]);
	const offset = streamOffset * eventsAMessage;
	const unreadable = (body: string, index: number): LogRecord => ({
		id: `${stream}@${streamOffset}.${index}`,
		key: stream,
		body,
		traceparent: String(properties.headers?.traceparent ?? ""),
		offset: offset + index,
	});
	const events = eventsIn(content);
	if (events === undefined) return [unreadable(asText(content), 0)];
	return events.map((event, index) => {
		if (!isEvent(event)) return unreadable(JSON.stringify(event), index);
		const { id, key, traceparent, body } = event;
		return { id, key, body, traceparent, offset: offset + index };
	});
}

function eventsIn(content: Buffer): readonly unknown[] | undefined {
	let message: unknown;
	try {
		message = JSON.parse(content.toString("utf8"));
	} catch {
		return undefined;
	}
	if (!isObject(message) || message.version !== version || !Array.isArray(message.events)) return undefined;
	const { length } = message.events;
	return length === 0 || length > eventsAMessage ? undefined : message.events;
}

function isEvent(event: unknown): event is LogEvent {
	return (
		isObject(event) && [event.id, event.key, event.traceparent, event.body].every((one) => typeof one === "string")
	);
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}

/** Bytes that are no text are kept as base64, which says so. */
export function asText(content: Buffer): string {
	const text = content.toString("utf8");
	return Buffer.from(text).equals(content) ? text : `base64:${content.toString("base64")}`;
}
