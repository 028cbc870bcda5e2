import amqp from "amqplib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { AmqpBroker } from "#connectors/amqp/broker.ts";
import { AmqpEventLog } from "#connectors/amqp/event-log.ts";
import { AmqpWorkQueue } from "#connectors/amqp/work-queue.ts";
import { systemClock } from "#core/clock.ts";
import type { LogEvent, LogReader, LogRecord } from "#core/ports/event-log.ts";
import type { WorkDelivery } from "#core/ports/work-queue.ts";
import type { InternalEvent } from "#domain/report.ts";
import { persist } from "#runtime/persist.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { describeWith, itWithOwn } from "#test/support/services.ts";

const never = new AbortController().signal;
const patient = { clock: systemClock, report: () => {}, signal: never };

describeWith("rabbitmq", "RabbitMQ in trouble", () => {
	let server: RabbitMq;
	let broker: AmqpBroker;
	let log: AmqpEventLog;
	let queue: AmqpWorkQueue;
	const told: InternalEvent[] = [];

	beforeAll(async () => {
		server = await startRabbitMq();
	});
	afterAll(() => server.stop());

	beforeEach(async () => {
		told.length = 0;
		broker = new AmqpBroker({ url: server.url, confirmTimeoutMs: 3_000, report: (event) => told.push(event) });
		log = new AmqpEventLog(broker);
		queue = new AmqpWorkQueue(broker, { bound: 100 });
		await log.prepare();
		await queue.prepare(["p"]);
	});

	afterEach(async () => {
		await log.close();
		await queue.close();
		await broker.close();
		await onTheBroker(async (channel) => {
			for (const name of ["files", "work.p", "retry.p", "dead"]) await channel.deleteQueue(`watchrabbit.${name}`);
		});
		await expect.poll(openSockets).toEqual([]);
	});

	const onTheBroker = async <T>(task: (channel: amqp.ConfirmChannel) => Promise<T>): Promise<T> => {
		const connection = await amqp.connect(server.url);
		const channel = await connection.createConfirmChannel();
		const value = await task(channel);
		await connection.close();
		return value;
	};
	const appended = (...ids: string[]) => persist("log", () => log.append(ids.map(event)), patient);
	const take = () => persist("queue", () => queue.take("p", 1, never), patient) as Promise<readonly [WorkDelivery]>;

	itWithOwn("rabbitmq")("loses nothing when the broker is stopped and comes back, and goes on by itself", async () => {
		const reader = log.partitions[0].open(undefined);
		await log.append([event("a"), event("b")]);
		await queue.enqueue("p", [hint("a")]);
		expect((await reader.read(1, never)).map(({ id }) => id)).toEqual(["a"]);
		const [stale] = await take();
		const reading = readIds(reader, 3);
		server.control("stop");
		await server.kill();
		await expect(log.append([event("lost")])).rejects.toMatchObject({ code: "BROKER_AWAY", class: "transient" });
		const appending = appended("c", "d");
		await server.startAgain();
		await appending;
		expect(await reading).toEqual(["b", "c", "d"]);
		await stale.ack();
		const [again] = await take();
		expect(again.item).toEqual(hint("a"));
		await again.ack();
		await expect.poll(() => queue.depth("p")).toEqual({ waiting: 0, leased: 0 });
	});

	itWithOwn("rabbitmq")("goes on when the broker closes its connections", async () => {
		const reader = log.partitions[0].open(undefined);
		const taking = take();
		await appended("a");
		expect(await readIds(reader, 1)).toEqual(["a"]);
		const reading = readIds(reader, 1);
		expect(log.lapses).toBe(1);
		server.control("close_all_connections", "test");
		await appended("b");
		expect(log.lapses).toBeGreaterThan(1);
		await persist("queue", () => queue.enqueue("p", [hint("a")]), patient);
		expect(await reading).toEqual(["b"]);
		expect((await taking)[0].item).toEqual(hint("a"));
	});

	itWithOwn("rabbitmq")(
		"tells of a broker that is short of disk, reads on meanwhile, and publishes when it is over",
		async () => {
			await log.append([event("a")]);
			await queue.enqueue("p", [hint("a")]);
			server.control("set_disk_free_limit", "1000000GB");
			await expect(log.append([event("b")])).rejects.toMatchObject({ code: "BROKER_BLOCKED", class: "transient" });
			await expect(log.append([event("b")])).rejects.toMatchObject({ code: "BROKER_BLOCKED" });
			expect(told.map(({ event }) => event)).toEqual(["broker.blocked"]);
			expect(await readIds(log.partitions[0].open(undefined), 1)).toEqual(["a"]);
			await expect(queue.enqueue("p", [hint("b")])).rejects.toMatchObject({ code: "BROKER_BLOCKED" });
			expect(await queue.depth("p")).toEqual({ waiting: 1, leased: 0 });
			const [delivery] = await take();
			await delivery.ack();
			server.control("set_disk_free_limit", "50MB");
			await appended("c");
			expect(told.map(({ event }) => event)).toEqual(["broker.blocked", "broker.unblocked"]);
			const ids = await readIds(log.partitions[0].open(undefined), 3);
			expect(new Set(ids)).toEqual(new Set(["a", "b", "c"]));
		},
	);

	const replaced = { code: "LOG_REPLACED", class: "permanent" };
	const deleted = () => onTheBroker((channel) => channel.deleteQueue("watchrabbit.files"));

	it("says that a stream was deleted and made anew to who was reading it, which then gives what is in the new one", async () => {
		const reader = log.partitions[0].open(undefined);
		await log.append([event("a"), event("b")]);
		await readAll(reader, 2);
		const reading = persist("log", () => reader.read(9, never), patient);
		const noticed = expect(reading).rejects.toMatchObject(replaced);
		await deleted();
		await appended("c", "d", "e");
		await noticed;
		reader.close();
		expect(await readIds(log.partitions[0].open(undefined), 3)).toEqual(["c", "d", "e"]);
	});

	it("leaves no consumer on the broker when it was looked at, and asked for its end", async () => {
		// What the broker counts as consumers, and shows as such; of connections that were cut it keeps some for a while.
		const consumers = async () =>
			(await server.ask("eval", "ets:tab2list(consumer_created).")).split("files").length - 1;
		await log.append([event("a")]);
		const before = await consumers();
		await log.look();
		expect(await log.partitions[0].end()).toBeDefined();
		await expect.poll(consumers, { timeout: 5_000 }).toBeLessThanOrEqual(before);
	});

	it("makes a stream that is missing once, though it is written, read and asked for its end at the same moment", async () => {
		const trouble: InternalEvent[] = [];
		const report = (event: InternalEvent) => void trouble.push(event);
		for (let round = 0; round < 10; round++) {
			await deleted();
			const own = new AmqpBroker({ url: server.url });
			const anew = new AmqpEventLog(own);
			const reader = anew.partitions[0].open(undefined);
			const done = [
				() => reader.read(1, never),
				() => anew.partitions[0].end(),
				() => anew.append([event(`${round}`)]),
			];
			await Promise.all(done.map((task) => persist<unknown>("log", task, { ...patient, report })));
			reader.close();
			await anew.close();
			await own.close();
		}
		expect(trouble).toEqual([]);
	});

	it("says so as well to who follows one in which there was nothing yet", async () => {
		const reader = log.partitions[0].open(undefined);
		let noticed: unknown;
		persist("log", () => reader.read(9, never), patient).catch((thrown: unknown) => {
			noticed = thrown;
		});
		const afterDeletion = async () => {
			await deleted();
			return noticed;
		};
		await expect.poll(afterDeletion, { timeout: 15_000 }).toMatchObject(replaced);
		reader.close();
	});

	it("goes on where it was over segments of the stream, and says when some went that were not read", async () => {
		await deleted();
		const small = new AmqpEventLog(broker, { retention: { ageMs: 3_600_000, bytes: 4_000_000 } });
		const kilobytes = "x".repeat(100_000);
		const append = async (from: number, to: number) => {
			for (let n = from; n < to; n++) await small.append([{ ...event(`${n}`), body: kilobytes }]);
		};
		await append(0, 35);
		const reader = small.partitions[0].open(undefined);
		const some = await readAll(reader, 30);
		expect(some.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`));
		reader.close();
		await append(35, 110);
		const behind = small.partitions[0].open(some.at(-1));
		await expect(behind.read(1, never)).rejects.toMatchObject(replaced);
		behind.close();
		const rest = await readAll(small.partitions[0].open(undefined), 10);
		expect(Number(rest[0]?.id)).toBeGreaterThan(30);
		expect(rest.map(({ id }) => Number(id))).toEqual(rest.map((_, n) => Number(rest[0]?.id) + n));
		await small.close();
	});

	it("says that a queue is full when the broker does, uses a queue that was made otherwise, and tells of it", async () => {
		const other = new AmqpWorkQueue(broker, { bound: 10_000 });
		const items = Array.from({ length: 2_000 }, (_, n) => hint(`j${n}`));
		await expect(other.enqueue("p", items)).rejects.toMatchObject({ code: "QUEUE_FULL", class: "transient" });
		expect(told).toMatchObject([{ event: "broker.differs", name: "watchrabbit.work.p" }]);
		await other.close();
	});

	it("keeps what nobody can read whole, with the reason, and the rest flows on", async () => {
		const hostile = [
			Buffer.from('{"half": '),
			Buffer.from('{"version":9}'),
			Buffer.from([0xff, 0xfe]),
			Buffer.alloc(0),
		];
		await onTheBroker(async (channel) => {
			for (const name of ["watchrabbit.files", "watchrabbit.work.p"]) {
				for (const content of hostile)
					channel.sendToQueue(name, content, { headers: { "x-a": "b", traceparent: "7" } });
			}
			await channel.waitForConfirms();
		});
		await log.append([event("a")]);
		await queue.enqueue("p", [hint("a")]);
		const records = await readAll(log.partitions[0].open(undefined), 5);
		const contents = records.map(({ unreadable }) => unreadable?.content);
		expect(contents).toEqual([...hostile, undefined]);
		const [delivery] = await take();
		expect(delivery.item).toEqual(hint("a"));
		await delivery.ack();
		// Where the broker knows priorities, the hint came first.
		const enough = new AbortController();
		const taking = queue.take("p", 1, enough.signal);
		await expect.poll(async () => (await queue.deadLetters()).length, { timeout: 10_000 }).toBe(4);
		enough.abort();
		expect(await taking).toEqual([]);
		const dead = await queue.deadLetters();
		expect(dead.map(({ body }) => body)).toEqual(['{"half": ', '{"version":9}', "base64://4=", ""]);
		expect(dead.map(({ headers }) => headers["x-a"])).toEqual(Array(4).fill("b"));
		expect(dead.map(({ queue }) => queue)).toEqual(Array(4).fill("watchrabbit.work.p"));
	});

	it("delivers what is urgent first where the broker knows priorities, from 4.0 on", async () => {
		const [low, high] = [
			{ ...hint("low"), priority: 1 },
			{ ...hint("high"), priority: 9 },
		];
		await queue.enqueue("p", [low, high]);
		const knows = Number.parseInt(server.version, 10) >= 4;
		expect((await take())[0].item).toEqual(knows ? high : low);
	});

	it("says that a message is too large, and goes on with others", async () => {
		const large = { ...event("large"), body: "x".repeat(17 * 1024 * 1024) };
		await expect(log.append([large])).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE", class: "permanent" });
		await log.append([event("a")]);
		expect(await readIds(log.partitions[0].open(undefined), 1)).toEqual(["a"]);
	});

	it("acknowledges early what takes long, and enqueues it anew if it is released then", async () => {
		const impatient = new AmqpWorkQueue(broker, { acknowledgeAfterMs: 0 });
		await impatient.enqueue("p", [hint("a")]);
		const [delivery] = (await impatient.take("p", 1, never)) as [WorkDelivery];
		await delivery.extend();
		await impatient.close();
		expect(await queue.depth("p")).toEqual({ waiting: 0, leased: 0 });
		const again = new AmqpWorkQueue(broker, { acknowledgeAfterMs: 0 });
		await again.enqueue("p", [hint("b")]);
		const [other] = (await again.take("p", 1, never)) as [WorkDelivery];
		await other.extend();
		await other.release(0);
		expect((await take())[0].item).toEqual(hint("b"));
		await again.close();
	});

	it("spreads keys over partitions, each key in one of them in order, and reads each by itself", async () => {
		const spread = new AmqpEventLog(broker, { partitions: 3 });
		const events = Array.from({ length: 60 }, (_, n) => ({ ...event(`${n}`), key: `key ${n % 20}` }));
		await spread.append(events);
		const read = spread.partitions.map((partition) => {
			const count = events.filter(({ key }) => spread.partitionOf(key) === partition).length;
			return readAll(partition.open(undefined), count);
		});
		const records = await Promise.all(read);
		expect(spread.partitions.map(({ name }) => name)).toEqual(["", ".1", ".2"].map((n) => `watchrabbit.files${n}`));
		expect(Math.min(...records.map(({ length }) => length))).toBeGreaterThan(0);
		for (const key of new Set(events.map(({ key }) => key))) {
			const inOrder = records.flat().filter((record) => record.key === key);
			expect(inOrder.map(({ id }) => id)).toEqual(events.filter((one) => one.key === key).map(({ id }) => id));
		}
		await spread.close();
		await onTheBroker(async (channel) => {
			for (const n of [1, 2]) await channel.deleteQueue(`watchrabbit.files.${n}`);
		});
	});
});

function openSockets(): string[] {
	return process.getActiveResourcesInfo().filter((resource) => resource.startsWith("TCP"));
}

function event(id: string): LogEvent {
	return { id, key: "k", body: `{"id":"${id}"}`, traceparent: "00" };
}

function hint(jobId: string) {
	return { jobId, priority: 5, traceparent: "00" };
}

async function readIds(reader: LogReader, count: number): Promise<string[]> {
	return (await readAll(reader, count)).map(({ id }) => id);
}

async function readAll(reader: LogReader, count: number): Promise<LogRecord[]> {
	const records: LogRecord[] = [];
	while (records.length < count) {
		records.push(...(await persist("log", () => reader.read(count - records.length, never), patient)));
	}
	return records;
}
