import { ConfigResourceTypes } from "kafkajs";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { KafkaSource, type KafkaSourceOptions } from "#connectors/kafka/source.ts";
import type { Envelope } from "#core/envelope.ts";
import { permanent, transient } from "#core/errors.ts";
import { rejected, retry } from "#core/outcome.ts";
import type { IncomingFile } from "#core/ports/source.ts";
import { openSockets } from "#test/support/open-sockets.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { type KafkaServer, startKafka } from "#test/support/servers/kafka.ts";
import { assertOwn, describeWith, itWithOwn } from "#test/support/services.ts";

type Incoming = Envelope<IncomingFile>;

interface Sent {
	readonly value: string | null;
	readonly key?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly partition?: number;
}

interface Member {
	readonly came: Incoming[];
	/** As after a SIGTERM. */
	leave(): Promise<void>;
	readonly ended: Promise<void>;
}

describeWith("kafka", "a source in Kafka", () => {
	let server: KafkaServer;
	let topic: string;
	let number = 0;
	const members: Member[] = [];

	beforeAll(async () => {
		server = await startKafka();
	});

	beforeEach(async () => {
		topic = `files-${process.pid}-${++number}`;
		const admin = server.client.admin();
		await admin.connect();
		await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
		await admin.disconnect();
	});

	afterEach(async () => {
		await Promise.all(members.splice(0).map((member) => member.leave()));
		await vi.waitFor(() => expect(openSockets()).toBe(0));
	});

	afterAll(async () => {
		await server.stop();
	});

	/** What comes is collected, and resolved by `on`, or else stays in hand. */
	function join(on: (incoming: Incoming) => void, changes: Partial<KafkaSourceOptions> = {}): Member {
		const brokers = [new URL(server.url).host];
		const options = {
			brokers,
			topic,
			groupId: topic,
			messages: "announce",
			connectTimeoutMs: 1_000,
			...changes,
		} as const;
		const leaving = new AbortController();
		const came: Incoming[] = [];
		const ended = new KafkaSource({ sessionTimeoutMs: 2_000, ...options }).run(
			(incoming) => {
				came.push(incoming);
				on(incoming);
			},
			leaving.signal,
			() => {},
		);
		ended.catch(() => {});
		const leave = async () => {
			leaving.abort();
			await ended.catch(() => {});
		};
		const member = { came, leave, ended };
		members.push(member);
		return member;
	}

	async function send(to: string, ...messages: readonly Sent[]): Promise<void> {
		const producer = server.client.producer();
		await producer.connect();
		await producer.send({ topic: to, messages: messages.map((message) => ({ ...message })) });
		await producer.disconnect();
	}

	const announcement = (path: string, partition = 0) => ({ value: JSON.stringify({ path }), partition });
	const paths = ({ came }: Member) => came.map(({ value }) => value.path);
	const deliver = ({ receipt }: Incoming) => receipt.resolve();
	const soon = { timeout: 20_000, interval: 20 };

	async function committed(): Promise<number> {
		const admin = server.client.admin();
		await admin.connect();
		const [offsets] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
		await admin.disconnect();
		return (offsets?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
	}

	it("hands over what messages announce, in the order of a partition, with their trace, and does not repeat it", async () => {
		const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
		const none = `00-${"0".repeat(32)}-${"2".repeat(16)}-01`;
		await send(
			topic,
			{ ...announcement("a/1.csv"), headers: { traceparent } },
			{ ...announcement("a/2.csv"), headers: { traceparent: none } },
		);
		const member = join(deliver);
		await vi.waitFor(() => expect(paths(member)).toEqual(["a/1.csv", "a/2.csv"]), soon);
		expect(member.came[0]?.trace.traceparent).toBe(traceparent);
		expect(member.came.map(({ value }) => value.origin)).toEqual([{ traceparent }, undefined]);
		expect(member.came[1]?.trace.traceparent).not.toBe(none);
		expect(member.came[1]?.trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
		await vi.waitFor(async () => expect(await committed()).toBe(2), soon);
		await member.leave();
		await send(topic, announcement("a/3.csv"));
		const next = join(deliver);
		await vi.waitFor(() => expect(paths(next)).toEqual(["a/3.csv"]), soon);
	});

	it("hands over files that messages carry, by the header name, else by the key", async () => {
		await send(
			topic,
			{ value: "od\n1\n", headers: { name: "run/plate.csv" }, partition: 0 },
			{ value: "", key: "empty.csv", partition: 0 },
		);
		const member = join(deliver, { messages: "carry" });
		await vi.waitFor(() => expect(member.came.length).toBe(2), soon);
		expect(member.came.map(({ value }) => [value.path, Buffer.from(value.content ?? []).toString()])).toEqual([
			["run/plate.csv", "od\n1\n"],
			["empty.csv", ""],
		]);
	});

	it("is idle when all that is there was resolved, and not before", async () => {
		const source = new KafkaSource({
			brokers: [new URL(server.url).host],
			topic,
			groupId: topic,
			messages: "announce",
		});
		expect(await source.idle()).toBe(true);
		await send(topic, announcement("1"), announcement("2", 1));
		expect(await source.idle()).toBe(false);
		const member = join(({ value, receipt }) => {
			if (value.path === "1") receipt.resolve();
		});
		await vi.waitFor(async () => expect(await committed()).toBe(1), soon);
		expect(await source.idle()).toBe(false);
		member.came.find(({ value }) => value.path === "2")?.receipt.resolve();
		await vi.waitFor(async () => expect(await source.idle()).toBe(true), soon);
	});

	it("commits nothing before what comes before it is resolved, and gives it again to the next", async () => {
		await send(topic, ...["1", "2", "3"].map((path) => announcement(path)));
		const member = join((incoming) => {
			if (incoming.value.path !== "2") deliver(incoming);
		});
		await vi.waitFor(() => expect(member.came.length).toBe(3), soon);
		await member.leave();
		expect(await committed()).toBeLessThan(2);
		const next = join(deliver);
		await vi.waitFor(() => expect(paths(next)).toContain("2"), soon);
		await vi.waitFor(async () => expect(await committed()).toBe(3), soon);
	});

	it("hands over again what is to be tried again, until it is resolved", async () => {
		await send(topic, announcement("late.csv"));
		const member = join(({ receipt }) => {
			if (member.came.length < 3) receipt.resolve(retry(transient("FILE_NOT_THERE", "not yet"), 10));
			else receipt.resolve();
		});
		await vi.waitFor(async () => expect(await committed()).toBe(1), soon);
		expect(paths(member)).toEqual(["late.csv", "late.csv", "late.csv"]);
	});

	it("keeps what nobody can read, or is rejected, whole among the dead letters, and goes on", async () => {
		await send(
			topic,
			{ value: "what is this?", key: "k", headers: { from: "a test" }, partition: 0 },
			{ value: null, partition: 0 },
			announcement("../../etc/passwd"),
			announcement("good.csv"),
		);
		const member = join(({ value, receipt }) => {
			if (value.path === "good.csv") receipt.resolve();
			else receipt.resolve(rejected(permanent("OBJECT_KEY", "it leaves the directory")));
		});
		await vi.waitFor(async () => expect(await committed()).toBe(4), soon);
		expect(paths(member)).toContain("good.csv");
		const dead: { key: string | undefined; value: string; headers: Record<string, string> }[] = [];
		const reader = server.client.consumer({ groupId: `${topic}-reader`, maxWaitTimeInMs: 50 });
		await reader.connect();
		await reader.subscribe({ topic: `${topic}.dead`, fromBeginning: true });
		await reader.run({
			eachMessage: async ({ message: { key, value, headers = {} } }) => {
				const told = Object.entries(headers).map(([name, header]) => [name, String(header)]);
				dead.push({ key: key?.toString(), value: String(value), headers: Object.fromEntries(told) });
			},
		});
		await vi.waitFor(() => expect(dead.length).toBe(3), soon);
		await reader.disconnect();
		expect(dead.find(({ key }) => key === "k")).toMatchObject({
			value: "what is this?",
			headers: {
				from: "a test",
				"watchrabbit-code": "KAFKA_MESSAGE_UNREADABLE",
				"watchrabbit-from": `${topic}/0@0`,
			},
		});
		expect(dead.filter(({ headers }) => headers["watchrabbit-code"] === "OBJECT_KEY").length).toBe(1);
	});

	it("lists a message that is buried later once the dead letters have it, and not because they refuse it", async () => {
		const configurable = { type: ConfigResourceTypes.TOPIC, name: `${topic}.dead` };
		const takes = (bytes: number) => [{ name: "max.message.bytes", value: String(bytes) }];
		const admin = server.client.admin();
		await admin.connect();
		await admin.createTopics({
			topics: [{ topic: configurable.name, configEntries: takes(10) }],
			waitForLeaders: true,
		});
		await send(topic, announcement("never.csv"));
		const member = join(deliver);
		await vi.waitFor(() => expect(paths(member)).toEqual(["never.csv"]), soon);
		const letter = member.came[0]?.value.letter() ?? "";
		const listed: string[] = [];
		const source = new KafkaSource({
			brokers: [new URL(server.url).host],
			topic,
			groupId: topic,
			messages: "announce",
			buried: async (body, reason) => void listed.push(`${Buffer.from(body)}: ${reason}`),
		});
		const bury = () => source.bury(letter, permanent("FILE_NEVER_CAME", "it is not there"));
		for (const _ of [1, 2]) await expect(bury()).rejects.toMatchObject({ code: "KAFKA_MESSAGE_TOO_LARGE" });
		expect(listed).toEqual([]);
		await admin.alterConfigs({ validateOnly: false, resources: [{ ...configurable, configEntries: takes(100_000) }] });
		await vi.waitFor(bury, soon);
		expect(listed).toEqual(['{"path":"never.csv"}: it is not there']);
		const kept = await admin.fetchTopicOffsets(configurable.name);
		expect(kept.reduce((sum, { high }) => sum + Number(high), 0)).toBe(1);
		await admin.disconnect();
	});

	it("shares the partitions: what is in hand when another joins is lost by nobody", async () => {
		const all = Array.from({ length: 40 }, (_, n) => announcement(`${n}`, n % 2));
		await send(topic, ...all);
		const done = new Set<string>();
		const held: Incoming[] = [];
		const finish = (incoming: Incoming) => {
			done.add(incoming.value.path);
			incoming.receipt.resolve();
		};
		const one = join((incoming) => void held.push(incoming), { credit: 4 });
		await vi.waitFor(() => expect(one.came.length).toBe(8), soon);
		const other = join(finish, { credit: 4 });
		await vi.waitFor(() => expect(other.came.length).toBeGreaterThan(0), soon);
		for (const incoming of held.splice(0)) finish(incoming);
		const finishing = setInterval(() => held.splice(0).forEach(finish), 10);
		await vi.waitFor(async () => expect(await committed()).toBe(40), soon);
		clearInterval(finishing);
		expect(done.size).toBe(40);
	});

	it("stays a member while a message takes longer than the session", async () => {
		await send(topic, announcement("slow.csv"));
		const member = join(({ receipt }) => setTimeout(() => receipt.resolve(), 3_000));
		await vi.waitFor(async () => expect(await committed()).toBe(1), soon);
		expect(paths(member)).toEqual(["slow.csv"]);
	});

	itWithOwn("kafka")(
		"breaks down as transient when Kafka does, and goes on where it was when it is run again",
		async () => {
			assertOwn(server.process);
			await send(topic, announcement("before.csv"));
			const before = join(deliver);
			await vi.waitFor(async () => expect(await committed()).toBe(1), soon);
			await server.process.kill();
			await expect(before.ended).rejects.toMatchObject({ code: "KAFKA_AWAY", class: "transient" });
			await server.process.start();
			await send(topic, announcement("after.csv"));
			const after = join(deliver);
			await vi.waitFor(() => expect(paths(after)).toEqual(["after.csv"]), soon);
		},
	);

	it("fails as transient where nothing listens, and says which topic is missing", async () => {
		const nobody = join(deliver, { brokers: [`127.0.0.1:${await freePort()}`] });
		await expect(nobody.ended).rejects.toMatchObject({ code: "KAFKA_AWAY", class: "transient" });
		const missing = join(deliver, { topic: `${topic}-missing` });
		await expect(missing.ended).rejects.toMatchObject({ code: "KAFKA_TOPIC_MISSING", class: "permanent" });
	});
});
