import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ConsumeMessage } from "amqplib";
import { expect, test } from "vitest";
import {
	messageOf,
	packed,
	recordsOf,
	streamMessageJsonSchema,
	streamOffsetOf,
} from "#connectors/amqp/stream-message.ts";
import type { LogEvent } from "#core/ports/event-log.ts";

const stream = "watchrabbit.files";

test("the published JSON Schema is the one of the declaration (else: write there what streamMessageJsonSchema() gives)", () => {
	const published = new URL("../../../../connectors/amqp/stream-message.schema.json", import.meta.url);
	expect(JSON.parse(readFileSync(published, "utf8"))).toEqual(streamMessageJsonSchema());
});

test("what is published is of the published form", () => {
	const valid = new Ajv2020().compile(streamMessageJsonSchema());
	expect(valid(JSON.parse(String(messageOf(stream, [event("a"), event("b")]).content)))).toBe(true);
	expect(valid({ version: 2, events: [] })).toBe(false);
});

test("the headers carry the attributes of CloudEvents 1.0 and the trace", () => {
	const { options } = messageOf(stream, [event("a"), event("b")]);
	expect(options.headers).toMatchObject({
		"cloudEvents:specversion": "1.0",
		"cloudEvents:id": "a+1",
		"cloudEvents:source": `/${stream}`,
		"cloudEvents:type": "watchrabbit.files",
		traceparent: "00-a",
	});
});

test("an event is alone when it came alone, with others when they came together, and never in too large a message", () => {
	const sizes = (events: readonly LogEvent[]) => packed(events).map((pack) => pack.length);
	expect(sizes([event("a")])).toEqual([1]);
	expect(sizes(Array.from({ length: 300 }, (_, n) => event(`${n}`)))).toEqual([256, 44]);
	expect(sizes([event("a"), { ...event("large"), body: "x".repeat(200_000) }, event("b"), event("c")])).toEqual([
		1, 1, 2,
	]);
});

test("offsets grow over messages and over events in them, and name their message", () => {
	const records = [3, 4].flatMap((offset) =>
		recordsOf(stream, consumed(messageOf(stream, [event("a"), event("b")]).content, offset)),
	);
	expect(records.map(({ id }) => id)).toEqual(["a", "b", "a", "b"]);
	expect(records.map(({ offset }) => offset)).toEqual(records.map(({ offset }) => offset).toSorted((a, b) => a - b));
	expect(records.map(({ offset }) => streamOffsetOf(offset))).toEqual([3, 3, 4, 4]);
});

const future = { version: 2, events: [event("a")] };
const crowded = { version: 1, events: Array(5_000).fill({}) };

test.each([
	["no JSON", Buffer.from('{"half": '), /not JSON/],
	["another message", Buffer.from('{"hello": "world"}'), /not a message of events/],
	["a version that does not exist yet", Buffer.from(JSON.stringify(future)), /version .* not known: 2/],
	["no events", Buffer.from('{"version":1,"events":[]}'), /0 events/],
	["more events than a message has", Buffer.from(JSON.stringify(crowded)), /5000 events/],
	["nothing", Buffer.alloc(0), /not JSON/],
	["no text", Buffer.from([0xff, 0x00]), /not JSON.*utf-8/],
	["another encoding", Buffer.from(JSON.stringify({ version: 1, events: [event("\xe9")] }), "latin1"), /utf-8/],
	["what is nested without end", Buffer.from(`{"version":1,"events":[${nested(100_000)}]}`), /event 1 .* attributes/],
])("%s is one record: the message whole, its headers, and why", (_what, content, why) => {
	const records = recordsOf(stream, consumed(content, 7));
	expect(records).toMatchObject([
		{ headers: { "x-stream-offset": 7 }, unreadable: { why: expect.stringMatching(why) } },
	]);
	expect(Buffer.from(records[0]?.unreadable?.content ?? []).equals(content)).toBe(true);
	expect(streamOffsetOf(records[0]?.offset as number)).toBe(7);
});

test("two unreadable messages are not taken for the same event", () => {
	const ids = [1, 2].map((offset) => recordsOf(stream, consumed(Buffer.from("{"), offset))[0]?.id);
	expect(new Set(ids).size).toBe(2);
});

test("events without their attributes are one record, the message whole, and those beside them go on", () => {
	const content = Buffer.from(JSON.stringify({ version: 1, events: [event("a"), { id: 5 }, null, event("b")] }));
	const records = recordsOf(stream, consumed(content, 1));
	expect(records.map(({ body, unreadable }) => unreadable?.why ?? body)).toEqual([
		event("a").body,
		"event 2 of the message lacks attributes",
		event("b").body,
	]);
	expect(records[1]?.unreadable?.content).toBe(content);
});

function event(id: string): LogEvent {
	return { id, key: "k", body: `{"id":"${id}"}`, traceparent: `00-${id}` };
}

/** `{"a":{"a": ... {} ... }}` */
function nested(depth: number): string {
	return `${'{"a":'.repeat(depth)}{}${"}".repeat(depth)}`;
}

function consumed(content: Buffer, offset: number): ConsumeMessage {
	const properties = { headers: { "x-stream-offset": offset } } as unknown as ConsumeMessage["properties"];
	return { content, properties, fields: {} as ConsumeMessage["fields"] };
}
