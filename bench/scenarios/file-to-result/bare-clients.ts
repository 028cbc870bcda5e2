import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import amqp, { type ConfirmChannel } from "amqplib";
import { Pool } from "pg";

export interface Servers {
	readonly rabbitUrl: string;
	readonly postgresUrl: string;
	readonly s3: S3Client;
	readonly bucket: string;
}

const filesAtOnce = 16;

/**
 * What the libraries alone take for the least that keeps a file through a crash: its event in a stream and its job in a quorum queue,
 * both confirmed, a row when it is known, one when it is claimed and one with its result in transactions of their own,
 * an artifact and a manifest in S3, the acknowledgement. Nothing is analysed. Files a second.
 */
export async function bareClientsRate({ rabbitUrl, postgresUrl, s3, bucket }: Servers, files: number): Promise<number> {
	const connection = await amqp.connect(rabbitUrl);
	const [stream, queue] = [`bare.settled.${randomUUID()}`, `bare.work.${randomUUID()}`];
	const pool = new Pool({ connectionString: postgresUrl, max: filesAtOnce });
	pool.on("error", () => {}); // it ends with its server
	try {
		await pool.query("create table bare_jobs (id text primary key, state text, result text)");
		const out = await connection.createConfirmChannel();
		await out.assertQueue(stream, { durable: true, arguments: { "x-queue-type": "stream" } });
		await out.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
		const into = await connection.createChannel();
		await into.prefetch(filesAtOnce);
		const put = (key: string, body: string) =>
			s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, IfNoneMatch: "*" }));

		let done = 0;
		const all = Promise.withResolvers<void>();
		const work = async (id: string) => {
			await pool.query("update bare_jobs set state = 'running' where id = $1", [id]);
			const result = createHash("sha256").update(id).digest("hex");
			await put(`bare/${id}/artifact`, result);
			await put(`bare/${id}/manifest.json`, JSON.stringify({ id, result }));
			await pool.query("update bare_jobs set state = 'completed', result = $2 where id = $1", [id, result]);
		};
		const startedAt = performance.now();
		await into.consume(queue, (message) => {
			if (message === null) return;
			work(message.content.toString()).then(() => {
				into.ack(message);
				done++;
				if (done === files) all.resolve();
			}, all.reject);
		});
		const feed = async (share: number) => {
			for (let n = share; n < files; n += filesAtOnce) {
				const id = randomUUID();
				await published(out, stream, id);
				await pool.query("insert into bare_jobs values ($1, 'queued', null)", [id]);
				await published(out, queue, id);
			}
		};
		await Promise.all(Array.from({ length: filesAtOnce }, (_, share) => feed(share)));
		await all.promise;
		return (files * 1_000) / (performance.now() - startedAt);
	} finally {
		await connection.close();
		await pool.end();
	}
}

async function published(channel: ConfirmChannel, to: string, id: string): Promise<void> {
	const confirmed = Promise.withResolvers<void>();
	const room = channel.publish("", to, Buffer.from(id), { persistent: true }, (error: unknown) =>
		error ? confirmed.reject(error) : confirmed.resolve(),
	);
	if (!room) await once(channel, "drain");
	await confirmed.promise;
}
