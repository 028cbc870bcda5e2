import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { openCatalog } from "#catalog/catalog.ts";
import type { Role } from "#cli/application.ts";
import { MemoryCache } from "#connectors/memory/cache.ts";
import type { Clock } from "#core/clock.ts";
import type { Cache } from "#core/ports/cache.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Sink } from "#core/ports/sink.ts";
import type { Source } from "#core/ports/source.ts";
import type { MessageHeaders } from "#core/ports/work-queue.ts";
import type { Report } from "#domain/report.ts";
import type {
	BrokerSettings,
	CacheSettings,
	CatalogSettings,
	KafkaSettings,
	KafkaTopicSettings,
	ObjectsSettings,
	Settings,
	TlsSettings,
} from "#domain/settings.ts";
import { ObjectsOnDemand } from "./on-demand.ts";
import type { State } from "./state.ts";

/** The adapters of services. Their libraries are loaded here and only where the configuration names the service. */

/** With the time of its server, by which all hosts judge, and a bell, which connects for who uses it. `clock`: this host's. */
export async function openPostgres(settings: CatalogSettings, clock: Clock): Promise<SharedCatalog> {
	const { Bell } = await import("#connectors/postgres/bell.ts");
	const { ServerClock } = await import("#connectors/postgres/server-clock.ts");
	const options = await postgresOptions(settings);
	const dialect = await postgresDialect(settings);
	const catalog = await openCatalog(dialect);
	try {
		const serverClock = await ServerClock.open(() => dialect.serverTime(), clock);
		let bell: InstanceType<typeof Bell> | undefined;
		const wakeUp = (name: string) => {
			bell ??= new Bell(options);
			return bell.wakeUp(name);
		};
		const close = async () => {
			await bell?.close();
			await serverClock.close();
			await catalog.close();
		};
		return { catalog, clock: serverClock, wakeUp, close };
	} catch (thrown) {
		await catalog.close();
		throw thrown;
	}
}

type SharedCatalog = Pick<State, "catalog" | "clock" | "wakeUp" | "close">;

export async function postgresDialect(settings: CatalogSettings) {
	const { PgDialect } = await import("#connectors/postgres/dialect.ts");
	return new PgDialect(await postgresOptions(settings));
}

export async function postgresOptions({ url, connections, statementTimeoutMs, tls }: CatalogSettings) {
	const options = { url, maxConnections: connections, statementTimeoutMs };
	return tls === undefined ? options : { ...options, tls: await readTls(tls) };
}

type Broker = Pick<State, "log" | "queue" | "close"> & {
	/** The life of jobs, for other services. */
	readonly jobs: Sink;
};

/** Connects when it is first used. */
export async function rabbitMq(settings: BrokerSettings, report: Report): Promise<Broker> {
	const { AmqpEventLog } = await import("#connectors/amqp/event-log.ts");
	const { AmqpSink } = await import("#connectors/amqp/sink.ts");
	const { AmqpWorkQueue } = await import("#connectors/amqp/work-queue.ts");
	const { partitions, retention } = settings;
	const broker = await amqpBroker(settings, report);
	const log = new AmqpEventLog(broker, { partitions, retention });
	const queue = new AmqpWorkQueue(broker);
	const jobs = new AmqpSink(broker, { retention });
	const close = async () => {
		await Promise.all([log.close(), queue.close(), jobs.close()]);
		await broker.close();
	};
	return { log, queue, jobs, close };
}

/** Connects when it is first used. */
export async function kafkaSink(settings: KafkaSettings): Promise<Sink> {
	const { KafkaSink } = await import("#connectors/kafka/sink.ts");
	return new KafkaSink({ ...(await kafkaOptions(settings)), topicPrefix: settings.topicPrefix });
}

/** Keeps a message whole where a person sees it. */
export type Bury = (body: Uint8Array, reason: string, headers: MessageHeaders) => Promise<void>;

/** Connects when it is run. */
export async function kafkaSource(settings: KafkaSettings, from: KafkaTopicSettings, buried: Bury): Promise<Source> {
	const { KafkaSource } = await import("#connectors/kafka/source.ts");
	const { topic, group: groupId, form: messages } = from;
	return new KafkaSource({ ...(await kafkaOptions(settings)), topic, groupId, messages, buried });
}

export async function kafkaOptions({ brokers, login, tls }: KafkaSettings) {
	return {
		brokers,
		...(login === undefined ? {} : { login }),
		...(tls === undefined ? {} : { tls: await readTls(tls) }),
	};
}

export async function amqpBroker({ url, tls }: BrokerSettings, report: Report) {
	const { AmqpBroker } = await import("#connectors/amqp/broker.ts");
	const options = { url, name: `watchrabbit ${process.pid}`, report };
	return new AmqpBroker(tls === undefined ? options : { ...options, tls: await readTls(tls) });
}

/** Answers of the API alone are kept. */
export async function cacheOf({ data, services }: Settings, roles: readonly Role[], report: Report): Promise<Cache> {
	if (services.cache === undefined || !roles.includes("serve")) return new MemoryCache({ report });
	return await redisCache(services.cache, services.catalog?.url ?? data, report);
}

/** Works without Redis as well. `catalog`: whose answers it keeps; processes with the same one share them. */
async function redisCache(settings: CacheSettings, catalog: string, report: Report): Promise<Cache> {
	const { RedisCache } = await import("#connectors/redis/cache.ts");
	return await RedisCache.open({ ...(await redisOptions(settings, catalog)), report });
}

export async function redisOptions({ url, sentinelPassword, tls }: CacheSettings, catalog: string) {
	const namespace = `watchrabbit:${createHash("sha256").update(catalog).digest("hex").slice(0, 16)}`;
	return {
		url,
		namespace,
		...(sentinelPassword === undefined ? {} : { sentinelPassword }),
		...(tls === undefined ? {} : { tls: await readTls(tls) }),
	};
}

/** Connects when it is first used. */
export function s3Objects(settings: ObjectsSettings, report: Report): ObjectStore {
	return new ObjectsOnDemand(async () => {
		const { S3ObjectStore } = await import("#connectors/s3/object-store.ts");
		return await S3ObjectStore.open(settings, report);
	});
}

export async function readTls({ ca, cert, key }: TlsSettings) {
	return {
		...(ca === undefined ? {} : { ca: await readFile(ca, "utf8") }),
		...(cert === undefined ? {} : { cert: await readFile(cert, "utf8") }),
		...(key === undefined ? {} : { key: await readFile(key, "utf8") }),
	};
}
