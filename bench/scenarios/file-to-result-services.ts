import { basename, join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import type { S3Server } from "#test/support/servers/buckets.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { addVirtualHost, type RabbitMq, startRabbitMq } from "#test/support/servers/rabbitmq.ts";
import { startS3 } from "#test/support/servers/s3.ts";
import { type Bench, type BenchContext, compare } from "../harness.ts";
import { createLab } from "../product.ts";
import { haveServices } from "../servers.ts";
import { bareClientsRate } from "./file-to-result/bare-clients.ts";
import { ourRate } from "./file-to-result/our-rate.ts";

const quietMs = 200;

/**
 * P7 over production services: the same files, script and clock, the results in S3 and PostgreSQL, everything on the way
 * through RabbitMQ; the servers share the machine. The peer is the libraries alone, without any analysis: the ceiling.
 */
export const bench: Bench = {
	id: "P7-SERVICES",
	title: "small files, trivial analysis in R, from file to result in S3 and PostgreSQL over RabbitMQ",
	async run(context) {
		if (!haveServices(["rabbitmq", "postgres", "s3", "r"], context.say)) return [];
		// A power cut is not survived without.
		const postgres = await startPostgres({ fsync: "on" });
		const [rabbitMq, s3] = await Promise.all([startRabbitMq(), startS3()]);
		try {
			return await measured({ rabbitMq, postgres, s3 }, context);
		} finally {
			await Promise.all([rabbitMq.stop(), postgres.stop(), s3.stop()]);
		}
	},
};

interface Servers {
	readonly rabbitMq: RabbitMq;
	readonly postgres: PostgresServer;
	readonly s3: S3Server;
}

async function measured(servers: Servers, context: BenchContext) {
	const { files, rounds } = context.quick ? { files: 500, rounds: 1 } : { files: 2_000, rounds: 3 };
	let round = 0;
	const rates = await compare(
		{
			ours: () => ours(servers, join(context.directory, `round-${round++}`), files, context),
			bare: () => bare(servers, files),
		},
		{ warmUps: 0, rounds },
	);
	return [
		{
			what: `${files} small files on 2 workers, file to result committed in PostgreSQL and stored in S3`,
			value: rates.ours,
			unit: "files/s",
			better: "higher" as const,
			peer: { name: "amqplib, pg and the S3 client alone, nothing analysed", value: rates.bare },
			goal: { value: 100 },
		},
	];
}

async function ours({ rabbitMq, postgres, s3 }: Servers, directory: string, files: number, context: BenchContext) {
	const { bucket, endpoint, region } = await s3.createBucket();
	// A round that finds the streams of another in the broker would analyse the files of both.
	const broker = await addVirtualHost(rabbitMq, basename(directory));
	const lab = createLab(
		directory,
		quietMs,
		`broker: ${broker}
catalog: ${await postgres.createDatabase()}
objects: { url: "s3://${bucket}/lab", endpoint: "${endpoint}", region: ${region} }
`,
	);
	const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = s3.credentials;
	return await ourRate(lab, files, context, { environment: { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } });
}

async function bare({ rabbitMq, postgres, s3 }: Servers, files: number): Promise<number> {
	const { bucket, endpoint, region } = await s3.createBucket();
	const client = new S3Client({
		...(endpoint === undefined ? {} : { endpoint }),
		...(region === undefined ? {} : { region }),
		credentials: s3.credentials,
		forcePathStyle: true,
		requestChecksumCalculation: "WHEN_REQUIRED",
	});
	try {
		const postgresUrl = await postgres.createDatabase();
		return await bareClientsRate({ rabbitUrl: rabbitMq.url, postgresUrl, s3: client, bucket }, files);
	} finally {
		client.destroy();
	}
}
