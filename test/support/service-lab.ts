import { createLab, type LabOptions } from "./lab.ts";
import type { Product } from "./product.ts";
import type { S3Server } from "./servers/buckets.ts";
import { type PostgresServer, startPostgres } from "./servers/postgres.ts";
import { type RabbitMq, startRabbitMq } from "./servers/rabbitmq.ts";
import { type RedisServer, startRedis } from "./servers/redis.ts";
import { startS3 } from "./servers/s3.ts";

/** One of each service, for the labs of one test file. */
export interface Services {
	readonly rabbitMq: RabbitMq;
	readonly postgres: PostgresServer;
	readonly s3: S3Server;
	readonly redis: RedisServer;
	stop(): Promise<void>;
}

/** `brokerMetrics`: RabbitMQ tells its own metrics as well. Where one does not start, none is left. */
export async function startServices(brokerMetrics = false): Promise<Services> {
	const starting = [startRabbitMq(undefined, brokerMetrics), startPostgres(), startS3(), startRedis()] as const;
	const stop = async () => {
		const started = await Promise.allSettled(starting);
		await Promise.all(started.map((one) => (one.status === "fulfilled" ? one.value.stop() : undefined)));
	};
	try {
		const [rabbitMq, postgres, s3, redis] = await Promise.all(starting);
		return { rabbitMq, postgres, s3, redis, stop };
	} catch (thrown) {
		await stop();
		throw thrown;
	}
}

/** A lab whose roles run as processes of their own over all services. */
export async function createServiceLab(services: Services, options: LabOptions = {}): Promise<Product> {
	const { rabbitMq, postgres, s3, redis } = services;
	const { bucket, endpoint, region } = await s3.createBucket();
	return await createLab({
		...options,
		more: `broker: { url: "${rabbitMq.url}", partitions: 2 }
catalog: ${await postgres.createDatabase()}
objects: { url: "s3://${bucket}/lab", endpoint: "${endpoint}", region: ${region} }
cache: ${redis.url}
${options.more ?? ""}`,
		environment: {
			AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
			AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
			WATCHRABBIT_HTTP__OPERATIONS: "127.0.0.1:0",
			...options.environment,
		},
	});
}
