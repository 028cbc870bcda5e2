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

test.each([
	["no JSON", '{"half": '],
	["another message", '{"hello": "world"}'],
	["a version that does not exist yet", '{"version":2,"events":[{"id":"a","key":"","traceparent":"","body":"{}"}]}'],
	["no events", '{"version":1,"events":[]}'],
	["more events than a message has", JSON.stringify({ version: 1, events: Array(5_000).fill({}) })],
	["nothing", ""],
])("%s is one record, whole", (_what, content) => {
	const records = recordsOf(stream, consumed(Buffer.from(content), 7));
	expect(records.map(({ body }) => body)).toEqual([content]);
	expect(streamOffsetOf(records[0]?.offset as number)).toBe(7);
});

test("two unreadable messages are not taken for the same event", () => {
	const ids = [1, 2].map((offset) => recordsOf(stream, consumed(Buffer.from("{"), offset))[0]?.id);
	expect(new Set(ids).size).toBe(2);
});

test("bytes that are no text are kept as base64", () => {
	const [record] = recordsOf(stream, consumed(Buffer.from([0xff, 0x00]), 1));
	expect(record?.body).toBe("base64:/wA=");
});

test("an event without its attributes is a record of its own, and those beside it go on", () => {
	const content = JSON.stringify({ version: 1, events: [event("a"), { id: 5 }, event("b")] });
	const records = recordsOf(stream, consumed(Buffer.from(content), 1));
	expect(records.map(({ body }) => body)).toEqual([event("a").body, '{"id":5}', event("b").body]);
});

function event(id: string): LogEvent {
	return { id, key: "k", body: `{"id":"${id}"}`, traceparent: `00-${id}` };
}

function consumed(content: Buffer, offset: number): ConsumeMessage {
	const properties = { headers: { "x-stream-offset": offset } } as unknown as ConsumeMessage["properties"];
	return { content, properties, fields: {} as ConsumeMessage["fields"] };
}
