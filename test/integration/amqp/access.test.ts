import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import amqp from "amqplib";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { AmqpBroker } from "#connectors/amqp/broker.ts";
import type { AmqpOptions } from "#connectors/amqp/connection.ts";
import { AmqpEventLog } from "#connectors/amqp/event-log.ts";
import { AmqpSink } from "#connectors/amqp/sink.ts";
import { AmqpWorkQueue } from "#connectors/amqp/work-queue.ts";
import type { SinkMessage } from "#core/ports/sink.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { describeWithOwn } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const secret = "s3cr3t-Pa55";
const never = new AbortController().signal;

describeWithOwn("rabbitmq", "who may use a RabbitMQ", () => {
	const { path, remove } = temporaryDirectory();
	const pem = (name: string) => readFileSync(join(path, name), "utf8");
	const opened: AmqpBroker[] = [];
	/** Everything that was thrown. */
	const thrown: unknown[] = [];
	let server: RabbitMq;

	beforeAll(async () => {
		const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { cwd: path, stdio: "ignore" });
		const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"];
		openssl(...request, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority");
		const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=CA:FALSE"];
		const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
		openssl(...request, "-keyout", "key.pem", "-out", "cert.pem", ...subject, ...signed);
		server = await startRabbitMq({
			ca: join(path, "ca.pem"),
			cert: join(path, "cert.pem"),
			key: join(path, "key.pem"),
		});
		server.control("add_user", "limited", secret);
		server.control("set_permissions", "-p", "/", "limited", "^$", ".*", ".*");
	});
	afterAll(async () => {
		await server.stop();
		remove();
	});
	afterEach(async () => {
		await Promise.all(opened.splice(0).map((broker) => broker.close()));
		await expect.poll(() => process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS)/.test(kind))).toEqual([]);
		expect(inspect(thrown, { depth: 10, showHidden: true })).not.toContain(secret);
	});

	function open(options: Partial<AmqpOptions> = {}): AmqpBroker {
		const broker = new AmqpBroker({ url: server.url, connectTimeoutMs: 5_000, ...options });
		opened.push(broker);
		return broker;
	}

	async function refusal(options: Partial<AmqpOptions>): Promise<unknown> {
		const error = await new AmqpEventLog(open(options)).prepare().catch((error: unknown) => error);
		thrown.push(error);
		return error;
	}

	const as = (user: string, where = "") => `amqp://${user}:${secret}@${new URL(server.url).host}${where}`;

	it("says that user or password are wrong", async () => {
		expect(await refusal({ url: as("guest") })).toMatchObject({ code: "BROKER_LOGIN", class: "permanent" });
	});

	it("says that the virtual host is missing, and how it is made", async () => {
		const error = await refusal({ url: as("limited", "/nowhere") });
		expect(error).toMatchObject({ code: "BROKER_VHOST", class: "permanent" });
		expect(error).toMatchObject({ fix: expect.stringContaining("add_vhost") });
	});

	it("waits for one that is not there", async () => {
		const url = `amqp://limited:${secret}@127.0.0.1:${await freePort()}`;
		expect(await refusal({ url })).toMatchObject({ code: "BROKER_AWAY", class: "transient" });
	});

	it("lets a user without the permission to configure work once all is there, and says what is missing until then", async () => {
		const broker = open({ url: as("limited") });
		const [log, queue] = [new AmqpEventLog(broker), new AmqpWorkQueue(broker)];
		const missing = await log.prepare().catch((error: unknown) => error);
		thrown.push(missing);
		expect(missing).toMatchObject({
			code: "BROKER_PERMISSION",
			class: "permanent",
			message: expect.stringContaining("watchrabbit.files is missing"),
		});
		const administrator = open();
		await new AmqpEventLog(administrator).prepare();
		await new AmqpWorkQueue(administrator).prepare(["p"]);
		await log.append([{ id: "a", key: "k", body: "{}", traceparent: "" }]);
		const reader = log.partitions[0].open(undefined);
		expect((await reader.read(1, never)).map(({ id }) => id)).toEqual(["a"]);
		await queue.enqueue("p", [{ jobId: "j", priority: 5, traceparent: "" }]);
		const [delivery] = await queue.take("p", 1, never);
		await delivery?.release(10);
		const [again] = await queue.take("p", 1, never);
		await again?.reject("for a test");
		expect(await queue.deadLetters()).toMatchObject([{ reason: "for a test" }]);
		await log.close();
		await queue.close();
	});

	it("connects by TLS with a certificate of its own, and says what is wrong with one", async () => {
		const tls = { ca: pem("ca.pem"), cert: pem("cert.pem"), key: pem("key.pem") };
		const log = new AmqpEventLog(open({ url: server.tlsUrl, tls }));
		await log.prepare();
		expect(await log.partitions[0].end()).toBeDefined();
		await log.close();
		expect(await refusal({ url: server.tlsUrl })).toMatchObject({ code: "BROKER_TLS", class: "permanent" });
		expect(await refusal({ url: server.tlsUrl, tls: { ca: tls.ca } })).toMatchObject({ code: "BROKER_TLS" });
	});

	it("tells other services by topic, and keeps what was told for those who come later", async () => {
		const sink = new AmqpSink(open());
		await sink.deliver([told("1", "job.created")]);
		const connection = await amqp.connect(server.url);
		const channel = await connection.createChannel();
		const heard: string[] = [];
		const { queue } = await channel.assertQueue("", { exclusive: true });
		await channel.bindQueue(queue, "watchrabbit.jobs", "jobs.completed");
		await channel.consume(queue, (message) => heard.push(String(message?.content)), { noAck: true });
		await sink.deliver([told("2", "job.running"), told("3", "job.completed")]);
		await expect.poll(() => heard).toEqual([told("3", "job.completed").body]);
		const kept: amqp.ConsumeMessage[] = [];
		await channel.prefetch(10);
		const keep = (message: amqp.ConsumeMessage | null) => message !== null && kept.push(message);
		await channel.consume("watchrabbit.jobs", keep, { arguments: { "x-stream-offset": "first" } });
		await expect.poll(() => kept.map(({ fields }) => fields.routingKey)).toHaveLength(3);
		expect(kept.map(({ fields }) => fields.routingKey)).toEqual(["jobs.created", "jobs.running", "jobs.completed"]);
		expect(kept[0]?.properties).toMatchObject({
			messageId: "1",
			headers: {
				"cloudEvents:type": "watchrabbit.job.created",
				"cloudEvents:subject": "j1",
				"cloudEvents:time": "2025-11-21T04:40:00.000Z",
				traceparent: "00",
			},
		});
		await connection.close();
		await sink.close();
	});
});

function told(id: string, type: string): SinkMessage {
	const body = JSON.stringify({ id: "j1", type });
	return { id, stream: "jobs", type, key: "j1", at: 1_763_700_000_000, body, traceparent: "00" };
}
