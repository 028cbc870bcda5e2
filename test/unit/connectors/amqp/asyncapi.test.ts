import { readFileSync } from "node:fs";
import asyncApiSchema from "@asyncapi/specs/schemas/3.0.0.json" with { type: "json" };
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { asyncApi } from "#connectors/amqp/asyncapi.ts";
import { routingKeyOf } from "#connectors/amqp/sink.ts";
import { messagesOf } from "#runtime/sink-messages.ts";
import { claimed, commitOf, queued } from "#test/support/acquisitions.ts";
import { Spine } from "#test/support/spine.ts";

const lax = { strict: false, validateFormats: false };

interface Document {
	readonly channels: Record<string, { readonly messages: Record<string, unknown> }>;
	readonly components: {
		readonly messages: Record<string, { readonly payload: { readonly $ref: string } }>;
		readonly schemas: Record<string, object>;
	};
}

test("the published file is the one of the declaration (else: write there what asyncApi() gives)", () => {
	const published = new URL("../../../../connectors/amqp/watchrabbit.asyncapi.json", import.meta.url);
	expect(JSON.parse(readFileSync(published, "utf8"))).toEqual(asyncApi());
});

test("it is a document of AsyncAPI 3", () => {
	// The schema brings the meta-schema of draft 7 along.
	const valid = new Ajv({ ...lax, meta: false, validateSchema: false }).compile(asyncApiSchema);
	valid(asyncApi());
	expect(valid.errors).toBeNull();
	expect(valid({ ...asyncApi(), channels: { "jobs.created": { address: 5 } } })).toBe(false);
});

test("whatever is told has a channel, and is as it says there", async () => {
	const spine = await Spine.open();
	const [job = ""] = await queued(spine.catalog, "plate");
	const measurements = [{ name: "slope", value: "NaN", unit: "1/min" }] as const;
	const commit = commitOf(await claimed(spine.catalog, job), { measurements });
	await spine.catalog.commitResult(commit);
	const histories = await Promise.all([job, commit.manifest.result].map((id) => spine.catalog.history(id)));
	const told = await messagesOf(histories.flat(), spine.catalog);
	await spine.close();
	const { channels, components } = asyncApi() as Document;
	expect(told.map(({ type }) => type)).toContain("measurement.committed");
	for (const message of told) {
		expect(channels[routingKeyOf(message)]?.messages).toHaveProperty([message.type]);
		const schema = components.messages[message.type]?.payload.$ref.split("/").at(-1) as string;
		const valid = new Ajv(lax).compile(components.schemas[schema] as object);
		valid(JSON.parse(message.body));
		expect(valid.errors, message.type).toBeNull();
	}
});
