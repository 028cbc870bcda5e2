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
		const topic = "watchrabbit.results";
		const admin = kafka.client.admin();
		await admin.connect();
		const offsets = await admin.fetchTopicOffsets(topic);
		await admin.disconnect();
		expect(offsets.reduce((sum, { high }) => sum + Number(high), 0)).toBe(2);
		expect((await up.stop()).code).toBe(0);
	}, 120_000);
});
