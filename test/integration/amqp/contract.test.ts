import amqp from "amqplib";
import { afterAll, beforeAll } from "vitest";
import { AmqpBroker } from "#connectors/amqp/broker.ts";
import { AmqpEventLog } from "#connectors/amqp/event-log.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { describeWith } from "#test/support/services.ts";
import { describeEventLog } from "../../contract/event-log.ts";

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
			dispose: async () => {
				await broker.close();
				await remove(server.url, ["watchrabbit.files"]);
			},
		};
	});
});

async function remove(url: string, queues: readonly string[]): Promise<void> {
	const connection = await amqp.connect(url);
	const channel = await connection.createChannel();
	for (const queue of queues) await channel.deleteQueue(queue);
	await connection.close();
}
