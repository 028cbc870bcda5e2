import { inspect } from "node:util";
import type { IHeaders } from "kafkajs";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { KafkaSink, type KafkaSinkOptions } from "#connectors/kafka/sink.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { SinkMessage, SinkStream } from "#core/ports/sink.ts";
import { openSockets } from "#test/support/open-sockets.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { type KafkaServer, startKafka } from "#test/support/servers/kafka.ts";
import { assertOwn, describeWith, itWithOwn } from "#test/support/services.ts";
import { describeSink } from "../../contract/sink.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function message(n: number, stream: SinkStream = "jobs", changes: Partial<SinkMessage> = {}): SinkMessage {
	const body = JSON.stringify({ n });
	return {
		id: `${n}`,
		stream,
		type: "job.completed",
		key: `j${n % 3}`,
		at: 1_763_700_000_000,
		body,
		traceparent,
		...changes,
	};
}

describeWith("kafka", "a sink in Kafka", () => {
	let server: KafkaServer;
	let number = 0;
	const opened: KafkaSink[] = [];

	beforeAll(async () => {
		server = await startKafka();
	});

	afterEach(async () => {
		await Promise.all(opened.splice(0).map((sink) => sink.close()));
		await vi.waitFor(() => expect(openSockets()).toBe(0));
	});

	afterAll(async () => {
		await server.stop();
	});

	const address = () => new URL(server.url).host;
	const prefix = () => `test-${process.pid}-${++number}`;

	function open(options: Partial<KafkaSinkOptions> & { topicPrefix: string }): KafkaSink {
		const sink = new KafkaSink({ brokers: [address()], connectTimeoutMs: 1_000, ...options });
		opened.push(sink);
		return sink;
	}

	/** All that is in a topic, once as many are there as are expected. */
	async function read(topic: string, expected: number) {
		const records: { key: string; value: string; headers: Record<string, string> }[] = [];
		const consumer = server.client.consumer({ groupId: `${topic}-reader-${++number}`, maxWaitTimeInMs: 50 });
		await consumer.connect();
		await consumer.subscribe({ topic, fromBeginning: true });
		await consumer.run({
			eachMessage: async ({ message: { key, value, headers = {} } }) => {
				records.push({ key: String(key), value: String(value), headers: texts(headers) });
			},
		});
		await vi.waitFor(() => expect(records.length).toBeGreaterThanOrEqual(expected), { timeout: 20_000 });
		await consumer.disconnect();
		return records;
	}

	it("writes each message to the topic of its stream, by its key, as a CloudEvent with its trace", async () => {
		const topicPrefix = prefix();
		const sink = open({ topicPrefix });
		await sink.deliver([message(1), message(2, "results", { type: "result.committed" }), message(3, "measurements")]);
		expect(await read(`${topicPrefix}.jobs`, 1)).toEqual([
			{
				key: "j1",
				value: '{"n":1}',
				headers: {
					"content-type": "application/json",
					ce_specversion: "1.0",
					ce_id: "1",
					ce_type: "watchrabbit.job.completed",
					ce_source: `/${topicPrefix}`,
					ce_subject: "j1",
					ce_time: "2025-11-21T04:40:00.000Z",
					traceparent,
				},
			},
		]);
		expect((await read(`${topicPrefix}.results`, 1)).map(({ value }) => value)).toEqual(['{"n":2}']);
		expect((await read(`${topicPrefix}.measurements`, 1)).map(({ value }) => value)).toEqual(['{"n":3}']);
	});

	describeSink("Kafka", async () => {
		const topicPrefix = prefix();
		return {
			open: async () => open({ topicPrefix }),
			read: async (stream, expected) => {
				const records = await read(`${topicPrefix}.${stream}`, expected);
				return records.map(({ key, value: body, headers }) => ({
					id: headers.ce_id ?? "",
					type: headers.ce_type?.replace(/^watchrabbit\./, "") ?? "",
					key,
					body,
					traceparent: headers.traceparent ?? "",
				}));
			},
			dispose: async () => {},
		};
	});

	itWithOwn("kafka")("is transient while Kafka is away, and goes on with the same sink when it is back", async () => {
		assertOwn(server.process);
		const topicPrefix = prefix();
		const sink = open({ topicPrefix });
		await sink.deliver([message(1)]);
		await server.process.kill();
		await expect(sink.deliver([message(2)])).rejects.toMatchObject({ code: "KAFKA_AWAY", class: "transient" });
		await expect(sink.look()).rejects.toMatchObject({ code: "KAFKA_AWAY", class: "transient" });
		await server.process.start();
		await vi.waitFor(() => sink.look(), { timeout: 30_000 });
		await vi.waitFor(() => sink.deliver([message(2)]), { timeout: 30_000 });
		const ids = (await read(`${topicPrefix}.jobs`, 2)).map(({ headers }) => headers.ce_id);
		expect(new Set(ids)).toEqual(new Set(["1", "2"]));
	});

	it("can be looked at while it delivers, and does not stand in line for it", async () => {
		const sink = open({ topicPrefix: prefix() });
		await sink.deliver([message(0)]);
		await sink.look();
		const order: string[] = [];
		const many = Array.from({ length: 2_000 }, (_, n) => message(n));
		const delivering = Array.from({ length: 5 }, () => sink.deliver(many).then(() => order.push("delivered")));
		await Promise.all([...delivering, sink.look().then(() => order.push("looked"))]);
		expect(order).toContain("looked");
		expect(order.at(-1)).toBe("delivered");
	});

	it("is transient where nothing listens", async () => {
		const sink = open({ topicPrefix: prefix(), brokers: [`127.0.0.1:${await freePort()}`] });
		await expect(sink.deliver([message(1)])).rejects.toMatchObject({ code: "KAFKA_AWAY", class: "transient" });
	});

	it("says what to do about a message that the topic does not take", async () => {
		const sink = open({ topicPrefix: prefix() });
		const large = message(1, "jobs", { body: JSON.stringify("x".repeat(3_000_000)) });
		await expect(sink.deliver([large])).rejects.toMatchObject({ code: "KAFKA_MESSAGE_TOO_LARGE", class: "permanent" });
		await sink.deliver([message(2)]);
	});

	for (const mechanism of ["plain", "scram-sha-256", "scram-sha-512"] as const) {
		itWithOwn("kafka")(`logs in over an encrypted connection, by ${mechanism}`, async () => {
			assertOwn(server.process);
			const { address: guarded, user, password, ca } = server.process.guarded;
			const topicPrefix = prefix();
			const login = { mechanism, username: user, password };
			await open({ topicPrefix, brokers: [guarded], tls: { ca }, login }).deliver([message(1)]);
			expect((await read(`${topicPrefix}.jobs`, 1)).length).toBe(1);
			const wrong = open({ topicPrefix, brokers: [guarded], tls: { ca }, login: { ...login, password: "wrong" } });
			expect(await refusal(wrong)).toMatchObject({ code: "KAFKA_PASSWORD_WRONG", class: "permanent" });
		});
	}

	itWithOwn("kafka")("shows a certificate of its own where one is asked for", async () => {
		assertOwn(server.process);
		const { address: mutual, ca, cert, key } = server.process.mutual;
		const topicPrefix = prefix();
		await open({ topicPrefix, brokers: [mutual], tls: { ca, cert, key } }).deliver([message(1)]);
		expect((await read(`${topicPrefix}.jobs`, 1)).length).toBe(1);
		const without = await refusal(open({ topicPrefix, brokers: [mutual], tls: { ca } }));
		expect(without).toMatchObject({ code: "KAFKA_CERTIFICATE_REFUSED", class: "permanent" });
	});

	itWithOwn("kafka")(
		"says what to do about a wrong password and an unknown authority, and repeats no password",
		async () => {
			assertOwn(server.process);
			const { address: guarded, user, ca } = server.process.guarded;
			const login = { mechanism: "plain", username: user, password: "wrong-secret" } as const;
			const at = { topicPrefix: prefix(), brokers: [guarded], login };
			const wrong = await refusal(open({ ...at, tls: { ca } }));
			expect(wrong).toMatchObject({ code: "KAFKA_PASSWORD_WRONG", class: "permanent" });
			const untrusted = await refusal(open({ ...at, tls: {} }));
			expect(untrusted).toMatchObject({ code: "KAFKA_CERTIFICATE_REFUSED", class: "permanent" });
			expect(inspect([wrong, untrusted], { depth: 20, showHidden: true })).not.toMatch(/secret/);
		},
	);

	it("can be closed unused, and twice", async () => {
		const sink = open({ topicPrefix: prefix() });
		await sink.close();
		await sink.close();
	});
});

async function refusal(sink: KafkaSink): Promise<WatchRabbitError> {
	return await sink.deliver([message(1)]).then(
		() => Promise.reject(new Error("it was not refused")),
		(thrown) => thrown,
	);
}

function texts(headers: IHeaders): Record<string, string> {
	return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
