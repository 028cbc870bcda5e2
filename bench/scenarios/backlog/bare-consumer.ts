import amqp, { type ConsumeMessage } from "amqplib";
import { Client } from "pg";

const rowsAtOnce = 200;

/**
 * What the libraries alone take to read the same messages and put down a row an event with the offset, many events a transaction:
 * no stage graph, no jobs. Events a second.
 */
export async function bareConsumerRate(
	{ rabbitUrl, postgresUrl, stream }: { rabbitUrl: string; postgresUrl: string; stream: string },
	events: number,
): Promise<number> {
	const database = new Client({ connectionString: postgresUrl });
	await database.connect();
	const connection = await amqp.connect(rabbitUrl);
	try {
		await database.query("create table bare_events (id text primary key, body text)");
		await database.query("create table bare_offset (position bigint)");
		const channel = await connection.createChannel();
		await channel.prefetch(16);
		let written = 0;
		const done = Promise.withResolvers<void>();
		const take = async (message: ConsumeMessage) => {
			const { events: carried } = JSON.parse(message.content.toString()) as { events: { id: string; body: string }[] };
			for (let from = 0; from < carried.length; from += rowsAtOnce) {
				const some = carried.slice(from, from + rowsAtOnce);
				const ids = some.map(({ id }) => id);
				const bodies = some.map(({ body }) => JSON.stringify(JSON.parse(body)));
				await database.query("begin");
				await database.query("insert into bare_events select * from unnest($1::text[], $2::text[])", [ids, bodies]);
				await database.query("update bare_offset set position = $1", [message.properties.headers?.["x-stream-offset"]]);
				await database.query("commit");
			}
			channel.ack(message);
			written += carried.length;
			if (written >= events) done.resolve();
		};
		let turn = Promise.resolve();
		const startedAt = performance.now();
		await channel.consume(
			stream,
			(message) => {
				if (message !== null && written < events) turn = turn.then(() => take(message)).catch(done.reject);
			},
			{ arguments: { "x-stream-offset": "first" } },
		);
		await done.promise;
		return (written * 1_000) / (performance.now() - startedAt);
	} finally {
		await connection.close();
		await database.end();
	}
}
