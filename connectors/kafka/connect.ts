import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from "kafkajs";

export interface KafkaOptions {
	/** `host:port`, some of the cluster's. */
	readonly brokers: readonly string[];
	readonly login?: {
		readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
		readonly username: string;
		readonly password: string;
	};
	/** An encrypted connection; PEM where it is not the system's authorities that are trusted, or we show a certificate. */
	readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
	readonly connectTimeoutMs?: number;
	readonly requestTimeoutMs?: number;
}

/** Retries of one call: longer ones are the caller's, who tells that Kafka is away. */
const retries = 2;

export function connect({ brokers, login, tls, connectTimeoutMs, requestTimeoutMs }: KafkaOptions): Kafka {
	const config: KafkaConfig = {
		clientId: "watchrabbit",
		brokers: [...brokers],
		connectionTimeout: connectTimeoutMs ?? 3_000,
		authenticationTimeout: connectTimeoutMs ?? 3_000,
		requestTimeout: requestTimeoutMs ?? 10_000,
		retry: { retries, initialRetryTime: 100, maxRetryTime: 1_000 },
		// What goes wrong is thrown, and told by who called.
		logLevel: logLevel.NOTHING,
	};
	if (tls !== undefined) config.ssl = { ...tls };
	if (login !== undefined) config.sasl = { ...login } as SASLOptions;
	return new Kafka(config);
}
