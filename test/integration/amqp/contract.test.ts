import amqp, { type ConsumeMessage } from "amqplib";
import { afterAll, beforeAll, expect } from "vitest";
import { AmqpBroker } from "#connectors/amqp/broker.ts";
import { AmqpEventLog } from "#connectors/amqp/event-log.ts";
import { AmqpSink, jobsExchange } from "#connectors/amqp/sink.ts";
import { AmqpWorkQueue } from "#connectors/amqp/work-queue.ts";
import type { SinkStream } from "#core/ports/sink.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { describeWith } from "#test/support/services.ts";
import { describeEventLog } from "../../contract/event-log.ts";
import { describeSink, type Told } from "../../contract/sink.ts";
import { describeWorkQueue, queueUnderTest } from "../../contract/work-queue.ts";

describeWith("rabbitmq", "RabbitMQ", () => {
	let server: RabbitMq;
	beforeAll(async () => {
		server = await startRabbitMq();
	});
	afterAll(() => server.stop());

	describeEventLog("RabbitMQ streams", { durable: true, trims: false }, async () => {
		const broker = new AmqpBroker({ url: server.url });
		return {
			open: async () => {
				const log = new AmqpEventLog(broker);
				await log.prepare();
				return log;
			},
			lose: () => remove(server.url, ["watchrabbit.files"]),
			dispose: async () => {
				await broker.close();
				await remove(server.url, ["watchrabbit.files"]);
			},
		};
	});

	// Quorum queues know no priorities before 4.0, two until 4.2, and ten only from 4.3 on.
	describeWorkQueue(
		"RabbitMQ quorum queues",
		{ durable: true, priorities: false, merges: false, leases: "held" },
		async () => {
			const broker = new AmqpBroker({ url: server.url });
			return {
				open: async (clock) => {
					const queue = new AmqpWorkQueue(broker, { bound: queueUnderTest.bound, clock });
					await queue.prepare(["p", "other"]);
					return queue;
				},
				dispose: async () => {
					await broker.close();
					const queues = ["p", "other"].flatMap((pool) => [`watchrabbit.work.${pool}`, `watchrabbit.retry.${pool}`]);
					await remove(server.url, [...queues, "watchrabbit.dead"]);
				},
			};
		},
	);

	describeSink("RabbitMQ, by the stream behind the exchange", async () => {
		const broker = new AmqpBroker({ url: server.url });
		return {
			open: async () => new AmqpSink(broker),
			read: async (stream, expected) => await read(server.url, stream, expected),
			dispose: async () => {
				await broker.close();
				await remove(server.url, [jobsExchange]);
			},
		};
	});
});

/** What the stream has of those whose routing key is of this stream of ours. */
async function read(url: string, stream: SinkStream, expected: number): Promise<readonly Told[]> {
	const connection = await amqp.connect(url);
	const channel = await connection.createChannel();
	await channel.prefetch(1_000);
	const told: Told[] = [];
	const take = (message: ConsumeMessage | null) => {
		if (message === null) return;
		channel.ack(message);
		if (message.fields.routingKey.startsWith(`${stream}.`)) told.push(toldBy(message));
	};
	await channel.consume(jobsExchange, take, { arguments: { "x-stream-offset": "first" } });
	await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(expected);
	await connection.close();
	return told;
}

function toldBy({ content, properties }: ConsumeMessage): Told {
	const headers = properties.headers ?? {};
	return {
		id: properties.messageId,
		type: String(headers["cloudEvents:type"]).replace("watchrabbit.", ""),
		key: headers["cloudEvents:subject"],
		body: content.toString(),
		traceparent: headers.traceparent,
	};
}

async function remove(url: string, queues: readonly string[]): Promise<void> {
	const connection = await amqp.connect(url);
	const channel = await connection.createChannel();
	for (const queue of queues) await channel.deleteQueue(queue);
	await connection.close();
}
