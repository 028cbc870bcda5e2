import { z } from "zod";
import { jobEvents } from "#domain/job.ts";
import { jobsExchange, routingKeyOf } from "./sink.ts";

const time = z.iso.datetime().describe("When it happened.");
const id = (of: string) => z.string().min(1).describe(`Id of the ${of}.`);

/** Of a job: what became of it, and what never changes. */
const job = z.looseObject({
	at: time,
	state: z
		.enum(jobEvents)
		.describe("What it has come to; `executed`: R has run to its end, and what comes of it follows."),
	detail: z.string().describe("In plain words."),
	id: id("job"),
	pipeline: z.string(),
	source: z.string(),
	pool: z.string(),
	acquisition: id("acquisition that it was made for"),
	analysis: z.looseObject({ file: z.string(), digest: z.string() }),
	params: z.record(z.string(), z.unknown()),
});

const result = z.looseObject({
	at: time,
	id: id("result"),
	job: id("job"),
	pipeline: z.string(),
	source: z.string(),
	acquisition: z.looseObject({ id: id("acquisition"), key: z.string() }),
});

const measurement = z.looseObject({
	result: id("result"),
	pipeline: z.string(),
	source: z.string(),
	key: z.string().describe("What it was measured on, within its source."),
	name: z.string(),
	value: z
		.union([z.number(), z.string(), z.boolean(), z.null()])
		.describe("NaN and the infinities as texts; NA is null."),
	unit: z.string().describe("UCUM or the lab's own; empty for a pure number."),
	lower: z.number().nullable().describe("Specification limit: what the value should be at least; null: none."),
	upper: z.number().nullable().describe("Specification limit: what the value should be at most; null: none."),
});

const headers = z.looseObject({
	"cloudEvents:specversion": z.literal("1.0"),
	"cloudEvents:id": z.string().describe("The same whenever it is told: who has seen it may forget it."),
	"cloudEvents:type": z.string(),
	"cloudEvents:source": z.string(),
	"cloudEvents:subject": z.string().describe("Messages of a subject keep their order."),
	"cloudEvents:time": time,
	traceparent: z.string().describe("W3C Trace Context."),
});

/** Every kind of message that is told, with its routing key. */
const told = [
	...jobEvents.map((state) => ({ stream: "jobs", type: `job.${state}`, payload: job }) as const),
	{ stream: "results", type: "result.committed", payload: result } as const,
	{ stream: "results", type: "result.superseded", payload: result } as const,
	{ stream: "measurements", type: "measurement.committed", payload: measurement } as const,
];

/** AsyncAPI 3 of what other services can follow: the content of watchrabbit.asyncapi.json. */
export function asyncApi(): object {
	const channels = told.map(({ stream, type }) => {
		const routingKey = routingKeyOf({ stream, type });
		const bindings = {
			amqp: {
				is: "routingKey",
				exchange: { name: jobsExchange, type: "topic", durable: true },
				bindingVersion: "0.3.0",
			},
		};
		const messages = { [type]: { $ref: `#/components/messages/${type}` } };
		return [routingKey, { address: routingKey, messages, bindings }] as const;
	});
	const operations = told.map(({ stream, type }) => {
		const channel = { $ref: `#/channels/${routingKeyOf({ stream, type })}` };
		return [`tell ${type}`, { action: "send", channel }] as const;
	});
	const messages = told.map(({ type, payload }) => [
		type,
		{
			name: `watchrabbit.${type}`,
			contentType: "application/json",
			headers: { $ref: "#/components/schemas/headers" },
			payload: { $ref: `#/components/schemas/${schemaNames.get(payload)}` },
		},
	]);
	const schemas = [...schemaNames].map(([schema, name]) => [name, schemaOf(schema)]);
	return {
		asyncapi: "3.0.0",
		info: {
			title: "WatchRabbit: what became of jobs, results and measurements",
			version: "1.0.0",
			description: `Told at least once through the topic exchange ${jobsExchange}; the stream of the same name keeps all of it.`,
			license: { name: "Apache-2.0" },
		},
		defaultContentType: "application/json",
		channels: Object.fromEntries(channels),
		operations: Object.fromEntries(operations.map(([name, operation]) => [name.replaceAll(/[ .]/g, "-"), operation])),
		components: { messages: Object.fromEntries(messages), schemas: Object.fromEntries(schemas) },
	};
}

const schemaNames = new Map<z.ZodType, string>([
	[job, "job"],
	[result, "result"],
	[measurement, "measurement"],
	[headers, "headers"],
]);

/** AsyncAPI 3 speaks JSON Schema draft 7. */
function schemaOf(schema: z.ZodType): object {
	const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-7", io: "input" });
	return rest;
}
