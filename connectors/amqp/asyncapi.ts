import { z } from "zod";
import { jobEvents } from "#domain/job.ts";
import { eventTime, jobEventForm, resultEventForm } from "#domain/lab-event-forms.ts";
import { resultEvents } from "#domain/lab-events.ts";
import { jobsExchange, routingKeyOf } from "./sink.ts";

const measurement = z.looseObject({
	result: z.string().min(1).describe("Id of the result."),
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
	"cloudEvents:time": eventTime,
	traceparent: z.string().describe("W3C Trace Context."),
});

/** Every kind of message that is told, with its routing key. */
const told = [
	...jobEvents.map((state) => ({ stream: "jobs", type: `job.${state}`, payload: jobEventForm }) as const),
	...resultEvents.map((what) => ({ stream: "results", type: `result.${what}`, payload: resultEventForm }) as const),
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
	[jobEventForm, "job"],
	[resultEventForm, "result"],
	[measurement, "measurement"],
	[headers, "headers"],
]);

/** AsyncAPI 3 speaks JSON Schema draft 7. */
function schemaOf(schema: z.ZodType): object {
	const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-7", io: "input" });
	return rest;
}
