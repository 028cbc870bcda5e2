import type { Role } from "#cli/application.ts";
import { parseAddress } from "#connectors/redis/address.ts";
import type { Settings, TlsSettings } from "#domain/settings.ts";
import { kept } from "#observability/kept.ts";
import { peerValidity, type TlsPeer } from "#observability/peer-certificate.ts";
import { firstToEnd, type Validity } from "#observability/validity.ts";
import { readTls } from "./services.ts";
import { tracesWanted } from "./tracing.ts";
import { worksWith } from "./works-with.ts";

/** Servers of one service that show a certificate to who connects, and what we show to them. */
interface Shown {
	readonly servers: readonly Omit<TlsPeer, "cert" | "key">[];
	readonly tls?: TlsSettings | undefined;
}

const lookEveryMs = 3_600_000;
const tryAgainMs = 60_000;
const patienceMs = 5_000;

/**
 * How long the certificates are good that others show to this process. Each is looked at once an hour, on a connection
 * of its own: clients do not tell of theirs.
 */
export class PeerCertificates {
	/** By service; as it was seen last where it is not to be seen now. */
	readonly looks: ReadonlyMap<string, () => Promise<Validity | undefined>>;
	readonly #seen = new Map<string, Validity>();

	constructor(settings: Settings, roles: readonly Role[]) {
		this.looks = new Map(
			[...shownTo(settings, roles)].map(([service, shown]) => [service, this.#followed(service, shown)]),
		);
	}

	/** As far as somebody has asked. */
	seen(service: string): Validity | undefined {
		return this.#seen.get(service);
	}

	#followed(service: string, shown: Shown): () => Promise<Validity | undefined> {
		let isThere = false;
		const look = async () => {
			const validity = await firstOf(shown);
			isThere = validity !== undefined;
			if (validity !== undefined) this.#seen.set(service, validity);
			return this.#seen.get(service);
		};
		return kept(look, () => (isThere ? lookEveryMs : tryAgainMs));
	}
}

/** Of all its servers that which ends first; undefined where none can be seen. */
async function firstOf({ servers, tls }: Shown): Promise<Validity | undefined> {
	const { ca: _, ...ours }: Awaited<ReturnType<typeof readTls>> = tls === undefined ? {} : await readTls(tls);
	const looks = servers.map((server) => peerValidity({ ...server, ...ours }, patienceMs));
	const seen = (await Promise.allSettled(looks)).flatMap((look) => (look.status === "fulfilled" ? [look.value] : []));
	return firstToEnd(seen);
}

/** Of those that a process of these roles works with. */
function shownTo(settings: Settings, roles: readonly Role[]): ReadonlyMap<string, Shown> {
	const { services, telemetry, alerts } = settings;
	const { broker, catalog, cache, objects, kafka } = services;
	const works = worksWith(settings, roles);
	const shown = new Map<string, Shown>();
	const add = (service: string, servers: Shown["servers"], tls?: TlsSettings) => {
		if (servers.length > 0) shown.set(service, { servers, tls });
	};
	if (broker && (works.eventLog || works.workQueue)) add("broker", serverAt(broker.url, "amqps:", 5671), broker.tls);
	if (catalog) add("catalog", postgresAt(catalog.url, catalog.tls !== undefined), catalog.tls);
	if (cache && works.cache) add("cache", redisAt(cache.url), cache.tls);
	if (works.objects) add("objects", httpsAt(objects?.endpoint));
	if (kafka?.tls && works.kafka) {
		add(
			"kafka",
			kafka.brokers.flatMap((address) => serverAt(`kafka://${address}`, "kafka:", 9092)),
			kafka.tls,
		);
	}
	add("traces", httpsAt(tracesWanted(settings)?.otlp));
	add("logs", httpsAt(telemetry.logs?.otlp));
	add("webhook", httpsAt(alerts.webhook?.url));
	return shown;
}

/** None where it is another protocol, as the one without TLS. */
function serverAt(url: string, encrypted: string, usualPort: number): Shown["servers"] {
	const { protocol, hostname, port } = new URL(url);
	const host = hostname.replace(/^\[|\]$/g, "");
	return protocol === encrypted ? [{ host, port: Number(port || usualPort), asks: "at once" }] : [];
}

function httpsAt(url: string | undefined): Shown["servers"] {
	return url === undefined ? [] : serverAt(url, "https:", 443);
}

function postgresAt(url: string, isEncrypted: boolean): Shown["servers"] {
	const { protocol, searchParams } = new URL(url);
	const asked = searchParams.get("sslmode") ?? (searchParams.has("ssl") ? "require" : "disable");
	if (!isEncrypted && asked === "disable") return [];
	return serverAt(url, protocol, 5432).map((server) => ({ ...server, asks: "PostgreSQL" }));
}

function redisAt(url: string): Shown["servers"] {
	const { encrypted, nodes } = parseAddress(url);
	return encrypted ? nodes.map((node) => ({ ...node, asks: "at once" })) : [];
}
