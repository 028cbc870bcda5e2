import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import type { ConsumeMessage } from "amqplib";
import { z } from "zod";
import type { LogEvent, LogOffset, LogPosition, LogRecord } from "#core/ports/event-log.ts";
import { cloudEvent, timeOf } from "./cloud-event.ts";
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

/** Every message of ours has an id that no other has. */
function markOf({ messageId }: ConsumeMessage["properties"]): string {
	return typeof messageId === "string" ? messageId : "";
}

/** Whether it is the message that this position is in. */
export function isAt({ offset, mark }: LogPosition, { properties }: ConsumeMessage): boolean {
	return streamOffsetIn(properties) === streamOffsetOf(offset) && markOf(properties) === mark;
}

export function streamOffsetIn({ headers }: ConsumeMessage["properties"]): number {
	return Number(headers?.["x-stream-offset"]);
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
 * All that is in a message, in order. What cannot be read is a record as well, the message whole: one that is none of
 * ours, or of a version that does not exist yet. Where some of its events lack attributes it is one record beside those
 * that do not.
 */
export function recordsOf(stream: string, { content, properties }: ConsumeMessage): LogRecord[] {
	const { headers = {} } = properties;
	const mark = markOf(properties);
	const offset = streamOffsetIn(properties) * eventsAMessage;
	const appendedAt = timeOf(headers);
	const unreadable = (why: string, index: number): LogRecord => ({
		id: `${stream}@${offset + index}`,
		key: stream,
		body: "",
		traceparent: "",
		offset: offset + index,
		mark,
		appendedAt,
		headers,
		unreadable: { content, why },
	});
	const events = eventsIn(content);
	if (typeof events === "string") return [unreadable(events, 0)];
	const firstWithout = events.findIndex((event) => !isEvent(event));
	return events.flatMap((event, index): LogRecord[] => {
		if (isEvent(event)) {
			const { id, key, traceparent, body } = event;
			return [{ id, key, body, traceparent, offset: offset + index, mark, appendedAt, headers }];
		}
		return index === firstWithout ? [unreadable(`event ${index + 1} of the message lacks attributes`, index)] : [];
	});
}

/** What is no text is no message, instead of one with holes in its names. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Or why there are none. */
function eventsIn(content: Buffer): readonly unknown[] | string {
	let message: unknown;
	try {
		message = JSON.parse(utf8.decode(content));
	} catch (cause) {
		return `not JSON: ${(cause as Error).message}`;
	}
	if (!isObject(message) || !Array.isArray(message.events)) return "not a message of events";
	if (message.version !== version) return `of a version that is not known: ${inspect(message.version, { depth: 0 })}`;
	const { length } = message.events;
	if (length === 0 || length > eventsAMessage)
		return `it has ${length} events, and 1 to ${eventsAMessage} are expected`;
	return message.events;
}

function isEvent(event: unknown): event is LogEvent {
	return (
		isObject(event) && [event.id, event.key, event.traceparent, event.body].every((one) => typeof one === "string")
	);
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null;
}
