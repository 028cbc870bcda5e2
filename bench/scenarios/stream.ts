import { AmqpBroker } from "#connectors/amqp/broker.ts";
import { AmqpEventLog } from "#connectors/amqp/event-log.ts";
import type { LogEvent, LogReader } from "#core/ports/event-log.ts";
import { startTrace } from "#core/trace.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { type Bench, type BenchContext, compare } from "../harness.ts";
import { haveServices } from "../servers.ts";
import { carry } from "./stream/carry.ts";
import { bareAmqplib } from "./stream/one-a-message.ts";

const bodyBytes = 300;
/** Events that are on their way to the broker at once, for us and for the peers. */
const windowOf = 2_048;

/**
 * File events of 300 bytes, each durably published (the broker confirmed it) and read again by a consumer in the same
 * process, in one stream. The peer is amqplib with one event a message; and, as the ceiling, amqplib with as many bytes
 * a message as ours, none of them looked at.
 */
export const bench: Bench = {
	id: "P2",
	title: "file events through a RabbitMQ stream",
	async run(context) {
		if (!haveServices(["rabbitmq"], context.say)) return [];
		const server = await startRabbitMq();
		try {
			context.say(`RabbitMQ ${server.version}`);
			return await measured(server, context);
		} finally {
			await server.stop();
		}
	},
};

async function measured(server: RabbitMq, { quick, say }: BenchContext) {
	const count = quick ? 50_000 : 200_000;
	const broker = new AmqpBroker({ url: server.url });
	const log = new AmqpEventLog(broker);
	await log.prepare();
	const bare = await bareAmqplib(server.url);
	const reader = log.partitions[0].open(undefined);
	const body = "x".repeat(bodyBytes);
	const single = Array.from({ length: count }, () => Buffer.from(body));
	const packs = Array.from({ length: Math.ceil(count / eventsAPack) }, () => Buffer.alloc(bodyBytes * eventsAPack));
	try {
		const rates = await compare(
			{
				ours: () => rate(count, (events) => ourWay(log, reader, events)),
				oneAMessage: () => rate(count, () => bare.carry(single, windowOf)),
				packs: () => rate(count, () => bare.carry(packs, windowOf / eventsAPack)),
			},
			{ warmUps: 1, rounds: quick ? 1 : 5 },
		);
		await bare.close();
		await restartedMeanwhile(server, log, reader, count);
		say(`${count} events while the broker was killed and started again: every one was read`);
		const what = `events of ${bodyBytes} bytes published, confirmed and read`;
		const finding = { what, value: rates.ours, unit: "events/s", better: "higher" } as const;
		return [
			{ ...finding, peer: { name: "amqplib, one event a message", value: rates.oneAMessage }, goal: { ratio: 5 } },
			{ ...finding, peer: { name: "amqplib, the bytes of 256 events a message", value: rates.packs } },
		];
	} finally {
		reader.close();
		await log.close();
		await broker.close();
	}
}

const eventsAPack = 256;

async function rate(count: number, way: (events: readonly LogEvent[]) => Promise<void>): Promise<number> {
	const events = eventsOf(count);
	const startedAt = performance.now();
	await way(events);
	return (count * 1_000) / (performance.now() - startedAt);
}

async function ourWay(log: AmqpEventLog, reader: LogReader, events: readonly LogEvent[]): Promise<void> {
	const { size } = await carry(log, reader, events, windowOf);
	if (size !== events.length) throw new Error(`${events.length} events were published, ${size} were read`);
}

/** What was confirmed is there, and what was not is published again. */
async function restartedMeanwhile(
	server: RabbitMq,
	log: AmqpEventLog,
	reader: LogReader,
	count: number,
): Promise<void> {
	const events = eventsOf(count);
	const carried = carry(log, reader, events, windowOf);
	await new Promise((resolve) => setTimeout(resolve, 200));
	await server.kill();
	await server.startAgain();
	const read = await carried;
	const lost = events.filter(({ id }) => !read.has(id));
	if (lost.length > 0) throw new Error(`${lost.length} of ${count} events were lost when the broker was restarted`);
}

let made = 0;

/** As the watch makes them: JSON of a settled file, under an id and a key of its own. */
function eventsOf(count: number): readonly LogEvent[] {
	const { traceparent } = startTrace();
	return Array.from({ length: count }, () => {
		const id = `event-${made++}`;
		const event = { id, root: "/instruments/plate-reader", size: 4_096, path: "" };
		const path = "p".repeat(bodyBytes - JSON.stringify(event).length);
		return { id, key: id, traceparent, body: JSON.stringify({ ...event, path }) };
	});
}
