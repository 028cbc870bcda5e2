import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AmqpBroker } from "#connectors/amqp/broker.ts";
import { AmqpEventLog } from "#connectors/amqp/event-log.ts";
import type { LogEvent } from "#core/ports/event-log.ts";
import { startTrace } from "#core/trace.ts";
import type { FileSettled } from "#domain/acquisition.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { type Bench, type BenchContext, median } from "../harness.ts";
import { createLab, type Lab, Product } from "../product.ts";
import { haveServices } from "../servers.ts";
import { bareConsumerRate } from "./backlog/bare-consumer.ts";

const stream = "watchrabbit.files";
const together = 2_048;
const lookEveryMs = 50;
const patienceMs = 120_000;

/**
 * A `flow` that was away comes back to a stream in which file events wait: how much memory it holds while it catches up,
 * and how fast it does: jobs, offset and outbox committed in PostgreSQL, hints in the work queue, which nobody empties.
 */
export const bench: Bench = {
	id: "P2-BACKLOG",
	title: "flow catches up with file events that wait in a RabbitMQ stream",
	async run(context) {
		if (!haveServices(["rabbitmq", "postgres"], context.say)) return [];
		const postgres = await startPostgres({ fsync: "on" });
		const rabbitMq = await startRabbitMq();
		try {
			return await measured({ rabbitMq, postgres }, context);
		} finally {
			await Promise.all([rabbitMq.stop(), postgres.stop()]);
		}
	},
};

interface Servers {
	readonly rabbitMq: RabbitMq;
	readonly postgres: PostgresServer;
}

async function measured({ rabbitMq, postgres }: Servers, { quick, directory, say }: BenchContext) {
	const { waiting, read } = quick ? { waiting: 100_000, read: 10_000 } : { waiting: 1_000_000, read: 100_000 };
	const catalog = await postgres.createDatabase();
	const lab = createLab(
		join(directory, "lab"),
		200,
		`broker: ${rabbitMq.url}
catalog: ${catalog}
`,
	);
	await fill(rabbitMq, lab, waiting, say);

	const product = new Product(lab, { roles: "flow", environment: { WATCHRABBIT_HTTP__OPERATIONS: "127.0.0.1:0" } });
	const bytes: number[] = [];
	const rates: number[] = [];
	try {
		await product.atWork();
		let from = { jobs: await jobsIn(catalog), at: performance.now() };
		while (from.jobs < read) {
			bytes.push(product.residentBytes());
			await pause(lookEveryMs);
			const jobs = await jobsIn(catalog);
			const at = performance.now();
			if (at - from.at > patienceMs) throw new Error(`only ${jobs - from.jobs} jobs more in ${patienceMs / 1_000} s`);
			if (jobs - from.jobs < read / 10) continue;
			rates.push(((jobs - from.jobs) * 1_000) / (at - from.at));
			say(`${jobs} of ${waiting}, ${rates.at(-1)?.toFixed(0)} events/s, ${megabytes(bytes)} MB at most`);
			from = { jobs, at };
		}
	} finally {
		await product.stop();
	}
	const bare = { rabbitUrl: rabbitMq.url, postgresUrl: await postgres.createDatabase(), stream };
	return [
		{
			what: `resident memory of a flow while ${waiting} events wait, at most`,
			value: megabytes(bytes),
			unit: "MB",
			better: "lower" as const,
			goal: { value: 250 },
		},
		{
			what: "lag caught up: events in the stream to jobs committed and announced",
			value: median(rates),
			unit: "events/s",
			better: "higher" as const,
			peer: {
				name: "amqplib and pg alone, a row an event",
				value: await bareConsumerRate(bare, read),
			},
		},
	];
}

function megabytes(bytes: readonly number[]): number {
	return Math.round(Math.max(...bytes) / 1e6);
}

async function jobsIn(catalog: string): Promise<number> {
	const [tables] = await administer(catalog, "select to_regclass('jobs') is not null as made");
	if (tables?.made !== true) return 0;
	const [row] = await administer(catalog, "select count(*)::int as jobs from jobs");
	return Number(row?.jobs);
}

/** As the watch would have published them. */
async function fill({ url }: RabbitMq, lab: Lab, count: number, say: BenchContext["say"]): Promise<void> {
	const broker = new AmqpBroker({ url });
	const log = new AmqpEventLog(broker);
	await log.prepare();
	const startedAt = performance.now();
	for (let from = 0; from < count; from += together) {
		const size = Math.min(together, count - from);
		await log.append(Array.from({ length: size }, (_, n) => eventOf(lab, from + n)));
	}
	say(`${count} events published in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
	await log.close();
	await broker.close();
}

function eventOf(lab: Lab, number: number): LogEvent {
	const path = `run-${Math.floor(number / 1_000)}/plate-${number}.csv`;
	const sha256 = createHash("sha256").update(path).digest("hex");
	const members = [
		{ path, size: 4_096, sha256, mtimeNs: `17000000${number}`, ctimeNs: `17000000${number}`, inode: `${number}` },
	];
	const at = Date.now();
	const { traceparent } = startTrace();
	const event: FileSettled = {
		id: `bench-${number}`,
		type: "file.settled",
		version: 1,
		acquisition: {
			source: "instrument",
			key: path,
			kind: "file",
			members,
			acquiredAt: at,
			settledAt: at,
			captures: {},
		},
		root: lab.watched,
		traceparent,
	};
	return { id: event.id, key: `instrument/${path}`, body: JSON.stringify(event), traceparent };
}
