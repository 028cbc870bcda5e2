import { type Finding, ok, problem } from "#cli/doctor/finding.ts";
import { asWatchRabbitError } from "#core/errors.ts";
import type { Settings } from "#domain/settings.ts";
import { amqpBroker, kafkaOptions, postgresOptions, redisOptions } from "./services.ts";

/** For `doctor`: each service that the configuration names, whether it can be used, and what to do where it cannot. */
export async function* examineServices({ services, sources }: Settings): AsyncGenerator<Finding> {
	const { broker, catalog, objects, cache, kafka } = services;
	if (broker !== undefined) {
		yield* await look("broker", async () => {
			const connected = await amqpBroker(broker, () => {});
			try {
				await (await connected.publishing.channel()).close();
				return [ok("broker", "RabbitMQ", "takes us in")];
			} finally {
				await connected.close();
			}
		});
	}
	if (catalog !== undefined) {
		yield* await look("catalog", async () => {
			const { examinePostgres } = await import("#connectors/postgres/examine.ts");
			const findings = await examinePostgres(await postgresOptions(catalog));
			return findings.map((finding) => ({ check: "catalog", ...finding }));
		});
	}
	if (objects !== undefined) {
		yield* await look("objects", async () => {
			const { examineS3 } = await import("#connectors/s3/examine.ts");
			return (await examineS3(objects)).map((finding) => ({ check: "objects", ...finding }));
		});
	}
	if (cache !== undefined) {
		yield* await look("cache", async () => {
			const { examineRedis } = await import("#connectors/redis/examine.ts");
			const findings = await examineRedis(await redisOptions(cache, catalog?.url ?? ""));
			return findings.map((finding) => ({ check: "cache", ...finding }));
		});
	}
	if (kafka !== undefined) {
		yield* await look("kafka", async () => {
			const { examineKafka } = await import("#connectors/kafka/examine.ts");
			const { sinkTopics } = await import("#connectors/kafka/sink.ts");
			const { deadTopic } = await import("#connectors/kafka/dead-letters.ts");
			const read = sources.flatMap(({ kafka: from }) => (from === undefined ? [] : [from]));
			const written = [...sinkTopics(kafka.topicPrefix), ...read.map(({ topic }) => deadTopic(topic))];
			const findings = await examineKafka(await kafkaOptions(kafka), read, written);
			return findings.map((finding) => ({ check: "kafka", ...finding }));
		});
	}
}

async function look(check: string, at: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
	try {
		return await at();
	} catch (thrown) {
		const { message, fix } = asWatchRabbitError(thrown);
		return [
			problem(check, "service", message, fix ?? `Check that the service of the key ${check} runs and can be reached.`),
		];
	}
}
