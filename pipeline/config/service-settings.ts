import { resolve } from "node:path";
import type { ServiceSettings, TlsSettings } from "#domain/settings.ts";
import type { Config } from "./schema.ts";

type TlsConfig = NonNullable<NonNullable<Config["cache"]>["tls"]>;

/** What the configuration says of services outside of this process. */
export function serviceSettings({ broker, catalog, objects, cache, kafka }: Config, base: string): ServiceSettings {
	const tls = (files: TlsConfig | undefined) => files && tlsSettings(files, base);
	return {
		broker: broker && {
			url: broker.url,
			partitions: broker.partitions,
			retention: { ageMs: broker.retention.age, bytes: broker.retention.size },
			tls: tls(broker.tls),
		},
		catalog: catalog && {
			url: catalog.url,
			connections: catalog.connections,
			statementTimeoutMs: catalog.statementTimeout,
			tls: tls(catalog.tls),
		},
		objects: objects && {
			...placeOf(objects.url),
			endpoint: objects.endpoint,
			region: objects.region,
			// Amazon's own is the one that is going to give it up.
			pathStyle: objects.pathStyle ?? objects.endpoint !== undefined,
			encryption: objects.encryption && { kmsKey: objects.encryption.kmsKey },
		},
		cache: cache && { url: cache.url, sentinelPassword: cache.sentinelPassword, tls: tls(cache.tls) },
		kafka: kafka && { brokers: kafka.brokers, topicPrefix: kafka.topics, login: kafka.login, tls: tls(kafka.tls) },
	};
}

function tlsSettings({ ca, cert, key }: TlsConfig, base: string): TlsSettings {
	const absolute = (file: string | undefined) => (file === undefined ? undefined : resolve(base, file));
	return { ca: absolute(ca), cert: absolute(cert), key: absolute(key) };
}

/** s3://bucket/some/prefix */
function placeOf(url: string): { readonly bucket: string; readonly prefix: string } {
	const { host, pathname } = new URL(url);
	const prefix = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, "");
	return { bucket: host, prefix: prefix === "" ? "" : `${prefix}/` };
}
