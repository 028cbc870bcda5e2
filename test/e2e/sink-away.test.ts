import { afterAll, beforeAll, expect, it } from "vitest";
import type { HealthReport } from "#observability/health-report.ts";
import { createLab, type ListedResult, listed } from "#test/support/lab.ts";
import { eventually, type Product } from "#test/support/product.ts";
import { type KafkaServer, startKafka } from "#test/support/servers/kafka.ts";
import { assertOwn, describeWithOwn } from "#test/support/services.ts";

describeWithOwn("kafka", "a Kafka that is only told onwards", () => {
	let kafka: KafkaServer;
	let lab: Product;
	beforeAll(async () => {
		kafka = await startKafka();
		lab = await createLab({ more: `kafka: { brokers: ["${new URL(kafka.url).host}"] }\n` });
	});
	afterAll(async () => {
		await lab?.remove();
		await kafka?.stop();
	});

	/** Of all that is in the topic now. */
	async function idsIn(topic: string): Promise<readonly string[]> {
		const admin = kafka.client.admin();
		await admin.connect();
		const offsets = await admin.fetchTopicOffsets(topic);
		await admin.disconnect();
		const written = offsets.reduce((sum, { high }) => sum + Number(high), 0);
		const ids: string[] = [];
		const consumer = kafka.client.consumer({ groupId: `${topic}-reader`, maxWaitTimeInMs: 50 });
		await consumer.connect();
		await consumer.subscribe({ topic, fromBeginning: true });
		await consumer.run({ eachMessage: async ({ message }) => void ids.push(String(message.headers?.ce_id)) });
		await eventually(
			async () => (ids.length >= written ? true : undefined),
			() => `${written} messages are read; there are ${ids.join(", ")}`,
		);
		await consumer.disconnect();
		return ids;
	}

	it("may be away: analyses go on, the process takes work, what waits is told with its age, and goes out once it is back", async () => {
		const { process: server } = kafka;
		assertOwn(server);
		const up = lab.start("up");
		const address = await up.address();
		const waiting = async () => {
			const text = await (await fetch(`${address}/metrics`)).text();
			return Number(/^watchrabbit_sink_waiting_seconds{neighbour="sink\/kafka"} (.+)$/m.exec(text)?.[1]);
		};
		const until = (hoped: (seconds: number) => boolean, what: string) =>
			eventually(
				async () => (hoped(await waiting()) ? true : undefined),
				() => `${what}; it says ${up.output.slice(-2_000)}`,
			);
		await lab.write("data/before.csv", "1\n");
		await listed<ListedResult>(address, "results", (items) => items.length === 1);
		await until((seconds) => seconds === 0, "all is told");

		await server.kill();
		await lab.write("data/after.csv", "2\n");
		await listed<ListedResult>(address, "results", (items) => items.length === 2);
		await until((seconds) => seconds > 1, "something waits");
		const health = (await (await fetch(`${address}/health`)).json()) as HealthReport;
		expect(health).toMatchObject({ ok: true, live: true });
		expect(health.dependencies).toContainEqual(
			expect.objectContaining({ name: "sink/kafka", state: "down", optional: true }),
		);

		await server.start();
		await until((seconds) => seconds === 0, "all is told again");
		// At least once each; what is told again has the same id.
		expect(new Set(await idsIn("watchrabbit.results"))).toHaveProperty("size", 2);
		expect((await up.stop()).code).toBe(0);
	}, 120_000);
});
