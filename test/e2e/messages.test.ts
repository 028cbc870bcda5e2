import { readFile } from "node:fs/promises";
import amqp, { type ConfirmChannel, type ConsumeMessage } from "amqplib";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { FileSettled } from "#domain/acquisition.ts";
import { createLab, type ListedResult, listed } from "#test/support/lab.ts";
import { eventually, type Product } from "#test/support/product.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { describeWith } from "#test/support/services.ts";

interface Letter {
	readonly queue: string;
	readonly body: string;
	readonly headers: Readonly<Record<string, unknown>>;
	readonly reason: string;
}

/** A message that nobody can take for one of ours, and what is said of it. */
interface Hostile {
	readonly content: Buffer;
	readonly why: RegExp;
}

const streams = ["watchrabbit.files", "watchrabbit.files.1"];
const queues = ["watchrabbit.work.default", "watchrabbit.work.other"];
/** As large as the broker takes; what is over that it refuses itself. */
const largest = 16 * 1024 * 1024;
const endless = "x".repeat(10_000_000);
const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const headers = { "x-from": "a stranger", number: 7, "watchrabbit-reason": "none at all" };
/** The broker gives those of a stream without lists and tables. */
const headersOfQueues = { ...headers, list: [1, "two", { three: 3 }] };
const headersOf = (queue: string) => (streams.includes(queue) ? headers : headersOfQueues);

const text = (content: string, why: RegExp): Hostile => ({ content: Buffer.from(content), why });
const json = (value: unknown, why: RegExp): Hostile => text(JSON.stringify(value), why);

/** What neither a stream nor a work queue knows. */
const anywhere: readonly Hostile[] = [
	text("", /not JSON/),
	text("hello", /not JSON/),
	text('{"version":1,"events":[{"id":"', /not JSON/),
	{ content: Buffer.from([0xff, 0xfe, 0x00, 0x7b]), why: /not JSON/ },
	{ content: Buffer.from('{"version":1}', "utf16le"), why: /not JSON/ },
	text(nested, /not a/),
	text(`{"__proto__":{"version":1,"jobId":"j","priority":1,"traceparent":""}}`, /not a/),
	json([1, 2], /not a/),
	json(null, /not a/),
	{ content: Buffer.alloc(largest, "x"), why: /not JSON/ },
];

describeWith(["rabbitmq", "postgres", "r"], "messages that are none of ours, come twice, or in another order", () => {
	let rabbitMq: RabbitMq;
	let postgres: PostgresServer;
	let lab: Product;
	let connection: amqp.ChannelModel;
	let channel: ConfirmChannel;

	beforeAll(async () => {
		[rabbitMq, postgres] = await Promise.all([startRabbitMq(), startPostgres()]);
	});
	afterEach(async () => {
		await lab.remove();
		// Another lab would take what is left for its own.
		const removing = await connection.createChannel();
		for (const queue of [...streams, ...queues, "watchrabbit.dead"]) await removing.deleteQueue(queue);
		await connection.close();
	});
	afterAll(() => Promise.all([rabbitMq.stop(), postgres.stop()]));

	const send = (queue: string, { content }: Hostile) =>
		channel.sendToQueue(queue, content, { headers: headersOf(queue) });

	/** All that is in a stream now, as it came. */
	async function everything(stream: string, count: number): Promise<Buffer[]> {
		const reading = await connection.createChannel();
		await reading.prefetch(100);
		const contents: Buffer[] = [];
		const take = (message: ConsumeMessage | null) => {
			if (message === null) return;
			contents.push(message.content);
			reading.ack(message);
		};
		await reading.consume(stream, take, { arguments: { "x-stream-offset": "first" } });
		await eventually(
			() => (contents.length >= count ? true : undefined),
			() => `${stream} has ${count} messages`,
		);
		await reading.close();
		return contents;
	}

	it("are kept whole with their reason, the rest flows on, and nothing is done twice", async () => {
		lab = await createLab({
			pipeline: "    pool: default",
			more: `pools: { default: { workers: 1 }, other: { workers: 1 } }
broker: { url: "${rabbitMq.url}", partitions: 2 }
catalog: ${await postgres.createDatabase()}
`,
		});
		const up = lab.start("up");
		const address = await up.address();
		const reach = (count: number) => listed<ListedResult>(address, "results", (items) => items.length >= count);
		// So many that some are in each partition.
		for (let n = 1; n <= 6; n++) await lab.write(`data/${n}.csv`, `${n}\n`);
		const [first] = await reach(6);
		connection = await amqp.connect(rabbitMq.url);
		channel = await connection.createConfirmChannel();

		const ours = (await Promise.all(streams.map((stream) => everything(stream, 1)))).flat();
		const [event] = ours.map((content) => JSON.parse(JSON.parse(String(content)).events[0].body) as FileSettled);
		const hostileEvents = eventsLike(event as FileSettled);
		const hints = hintsLike(first?.job as string);
		for (const stream of streams) for (const hostile of [...anywhere, ...hostileEvents]) send(stream, hostile);
		for (const queue of queues) for (const hostile of [...anywhere, ...hints]) send(queue, hostile);
		// Twice, in the other partition as well, and in another order.
		for (const content of [...ours, ...ours.toReversed()]) {
			for (const stream of streams) channel.sendToQueue(stream, content);
		}
		// What was there before, told of late.
		for (const stream of streams) channel.sendToQueue(stream, olderThan(event as FileSettled).content);
		const again = Buffer.from(JSON.stringify({ jobId: first?.job, priority: 9, traceparent: "" }));
		for (const queue of queues) channel.sendToQueue(queue, again);
		await channel.waitForConfirms();
		await lab.write("data/last.csv", "last\n");
		await reach(7);

		const sent = [
			...streams.map((queue) => ({ queue, messages: [...anywhere, ...hostileEvents] })),
			...queues.map((queue) => ({ queue, messages: [...anywhere, ...hints] })),
		];
		const count = sent.reduce((sum, { messages }) => sum + messages.length, 0);
		const letters = await eventually(
			async () => {
				const dead = await lab.json<Letter>("list", "dead");
				return dead.length >= count ? dead : undefined;
			},
			() => `${count} dead letters are listed; it says ${up.output.slice(-2_000)}`,
		);
		expect(letters).toHaveLength(count);
		for (const { queue, messages } of sent) {
			const kept = letters.filter((letter) => letter.queue === queue);
			for (const { content, why } of messages) {
				const body = bodyOf(content);
				const same = kept.filter((one) => one.body === body || one.body === innerBody(content));
				const letter = same.find(({ reason }) => why.test(reason));
				const reasons = same.map(({ reason }) => reason).join("; ");
				expect(letter, `${queue}, ${why}: ${body.slice(0, 200)}: ${reasons}`).toBeDefined();
				expect(letter?.headers).toMatchObject(headersOf(queue));
			}
		}

		expect(up.child.exitCode, up.output.slice(-2_000)).toBe(null);
		expect(await reach(7)).toHaveLength(7);
		const jobs = await lab.json<{ state: string }>("list", "jobs");
		expect(jobs.map(({ state }) => state)).toEqual(Array(7).fill("completed"));
		const ended = await up.stop();
		expect(ended.code, ended.stderr.slice(-2_000)).toBe(0);
		const { stdout, stderr } = await lab.run("verify");
		expect(stdout, stderr).toContain("unaccounted: 0");
	});

	it("that another process buries end a run until idle with 1, and only the one that waited then", async () => {
		const catalog = await postgres.createDatabase();
		const source = "    complete: { quiet: 3s }";
		lab = await createLab({ source, more: `broker: ${rabbitMq.url}\ncatalog: ${catalog}\n` });
		const config = await readFile(lab.path("watchrabbit.yaml"), "utf8");
		await lab.write("other.yaml", config.replace("data: ./state", "data: ./other-state"));
		const other = lab.start("up", "--roles", "flow,work,serve", "--config", "other.yaml");
		await other.says(/at work/);
		const waiting = lab.start("up", "--roles", "watch", "--until-idle");
		await waiting.says(/at work/);
		connection = await amqp.connect(rabbitMq.url);
		channel = await connection.createConfirmChannel();
		channel.sendToQueue("watchrabbit.files", Buffer.from("hello"));
		await channel.waitForConfirms();
		await other.says(/message\.buried/);
		expect(waiting.child.exitCode).toBe(null);
		expect((await waiting.ended).code, waiting.output.slice(-2_000)).toBe(1);
		expect(waiting.output).not.toContain("message.buried");
		expect((await lab.run("up", "--roles", "watch", "--until-idle")).code).toBe(0);
		expect((await other.stop()).code).toBe(0);
	});

	it("larger ones than the broker takes are refused by itself", async () => {
		lab = await createLab();
		connection = await amqp.connect(rabbitMq.url);
		channel = await connection.createConfirmChannel();
		const refused = new Promise<Error>((resolve) => channel.on("error", resolve));
		await channel.assertQueue("any", { durable: true });
		channel.sendToQueue("any", Buffer.alloc(largest + 1));
		expect((await refused).message).toMatch(/larger than/);
	});
});

/** Of a version that the ledger published before this one, in a message of its own. */
function olderThan(event: FileSettled): Hostile {
	const { acquisition, standing } = event;
	const members = acquisition.members.map((member) => ({ ...member, sha256: "0".repeat(64) }));
	const generation = (standing?.generation ?? Number.NaN) - 1;
	const older = {
		...event,
		id: "older",
		acquisition: { ...acquisition, members },
		standing: { ...standing, generation },
	};
	return json(
		{ version: 1, events: [{ id: "older", key: "k", traceparent: "", body: JSON.stringify(older) }] },
		/never/,
	);
}

/** Messages of a stream whose event is hostile: like one that is good, but for one thing. */
function eventsLike(event: FileSettled): Hostile[] {
	let made = 0;
	const message = (body: string, why: RegExp) =>
		json({ version: 1, events: [{ id: `hostile-${++made}`, key: "k", traceparent: "", body }] }, why);
	const changed = (changes: object, why: RegExp) =>
		message(JSON.stringify({ ...event, id: `hostile-${++made}`, ...changes }), why);
	const { acquisition } = event;
	const [member] = acquisition.members;
	const withMember = (changes: object, why: RegExp) =>
		changed({ acquisition: { ...acquisition, members: [{ ...member, ...changes }] } }, why);
	const withAcquisition = (changes: object, why: RegExp) =>
		changed({ acquisition: { ...acquisition, ...changes } }, why);
	return [
		json({ version: 2, events: [{ id: "a", key: "k", traceparent: "", body: "{}" }] }, /version .*not known: 2/),
		json({ version: "1", events: [{ id: "a", key: "k", traceparent: "", body: "{}" }] }, /version .*not known: '1'/),
		json({ version: 1, events: "none" }, /not a message of events/),
		json({ version: 1, events: [] }, /0 events/),
		json({ version: 1, events: Array(5_000).fill({}) }, /5000 events/),
		json({ version: 1, events: [{ id: 1 }] }, /event 1 .*attributes/),
		text(`{"version":1,"events":[{"id":"a","key":"k","traceparent":"","body":${nested}}]}`, /event 1 .*attributes/),
		message("{", /not JSON/),
		message(nested, /not a file.settled message/),
		message(`{"__proto__":${JSON.stringify(event)}}`, /not a file.settled message/),
		changed({ version: 99 }, /version/),
		changed({ type: "file.unsettled" }, /type/),
		changed({ acquisition: [] }, /acquisition/),
		changed({ root: "../.." }, /root: is not absolute/),
		changed({ traceparent: "7" }, /traceparent/),
		changed({ id: endless }, /id/),
		withAcquisition({ source: endless }, /source/),
		withAcquisition({ source: "nul\0" }, /source/),
		withAcquisition({ settledAt: 1e300 }, /settledAt/),
		withMember({ path: "../../../etc/passwd" }, /leads out of its directory/),
		withMember({ path: "/etc/passwd" }, /leads out of its directory/),
		withMember({ path: "1.csv\0" }, /path/),
		withMember({ size: -1 }, /size/),
		withMember({ size: 2 ** 60 }, /size/),
		withMember({ inode: "9".repeat(1_000_000) }, /inode/),
	];
}

/** Hints that name no job of ours. */
function hintsLike(jobId: string): Hostile[] {
	const hint = { jobId, priority: 1, traceparent: "" };
	return [
		json({ ...hint, jobId: `j${"0".repeat(32)}` }, /knows no job/),
		json({ ...hint, jobId: "'; DROP TABLE jobs; --" }, /jobId/),
		json({ ...hint, jobId: endless }, /jobId/),
		json({ ...hint, jobId: "nul\0" }, /jobId/),
		json({ ...hint, jobId: { toString: "j" } }, /jobId/),
		json({ ...hint, priority: -1 }, /priority/),
		text(JSON.stringify(hint).replace('"priority":1', '"priority":1e400'), /priority/),
		json({ ...hint, traceparent: endless }, /traceparent/),
	];
}

/** As a dead letter shows it. */
function bodyOf(content: Buffer): string {
	const text = content.toString("utf8");
	return Buffer.from(text).equals(content) ? text : `base64:${content.toString("base64")}`;
}

/** Of a message whose event alone is no good: that event. */
function innerBody(content: Buffer): string | undefined {
	try {
		return JSON.parse(String(content)).events[0].body;
	} catch {
		return undefined;
	}
}
