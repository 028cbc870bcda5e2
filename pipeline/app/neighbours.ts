import { statfs } from "node:fs/promises";
import type { Role } from "#cli/application.ts";
import { bytes } from "#cli/words.ts";
import { systemClock } from "#core/clock.ts";
import { permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Cache } from "#core/ports/cache.ts";
import { isoTime } from "#domain/resources.ts";
import type { Settings } from "#domain/settings.ts";
import { sinkNeighbour } from "#domain/sink-names.ts";
import { Looks, type Neighbour } from "#runtime/looks.ts";
import type { PeerCertificates } from "./peer-certificates.ts";
import type { State } from "./state.ts";
import type { Told } from "./told.ts";
import { worksWith } from "./works-with.ts";

/** Less is left for what is about to be written than one run may write ... */
const leastBytes = 64 * 1024 ** 2;
/** ... but a file system that is small has room, too. */
const leastShare = 0.1;

/** What stands there and where, in words, and what is known of it now. */
type Place = () => string;

/** Looks at what this process works with; where nobody can ask what is seen, nobody looks. */
export function lookAround(
	settings: Settings,
	roles: readonly Role[],
	state: Omit<State, "close">,
	cache: Cache,
	{ report, certificates }: Pick<Told, "report" | "certificates">,
	onBroken: (error: WatchRabbitError) => void,
): Looks {
	const looks = new Looks(neighboursOf(settings, roles, state, cache, certificates), {
		clock: systemClock,
		report,
		onBroken,
	});
	if (roles.includes("serve") || settings.operations !== undefined) looks.start();
	return looks;
}

function neighboursOf(
	settings: Settings,
	roles: readonly Role[],
	{ catalog, log, queue, objects, sinks, ledger }: Omit<State, "close">,
	cache: Cache,
	certificates: PeerCertificates,
): readonly Neighbour[] {
	const { data, services, pools } = settings;
	const { broker, cache: redis, kafka } = services;
	const works = worksWith(settings, roles);
	const neighbour = (name: string, at: Place | undefined, ask: () => unknown): Neighbour => ({
		name,
		look: async () => {
			await ask();
			return at?.() ?? `in ${data}`;
		},
	});
	const place = (service: string, words: string): Place => {
		return () => words + untilWhen(certificates.seen(service)?.end);
	};
	const rabbitMq = broker && place("broker", `RabbitMQ at ${placeOf(broker.url)}`);
	const postgres = services.catalog && place("catalog", `PostgreSQL at ${placeOf(services.catalog.url)}`);
	const bucket =
		services.objects && place("objects", `bucket ${services.objects.bucket}${at(services.objects.endpoint)}`);
	const found: (Neighbour | false)[] = [
		{ name: "disk", look: () => room(data), holdsThread: true },
		neighbour("catalog", postgres, () => catalog.offset("")),
		works.objects && neighbour("object store", bucket, () => objects.head("health")),
		works.ledger && neighbour("ledger", undefined, () => ledger.note("")),
		works.eventLog && neighbour("event log", rabbitMq, () => log.look()),
		works.workQueue && neighbour("work queue", rabbitMq, () => queue.depth(pools[0]?.name ?? "default")),
		redis !== undefined && works.cache && redisNeighbour(cache, place("cache", `Redis at ${placeOf(redis.url)}`)),
	];
	for (const [name, sink] of works.sinks ? sinks : []) {
		const { look } = sink;
		const where = kafka && place("kafka", `Kafka at ${kafka.brokers.join(", ")}`);
		if (look !== undefined) found.push(neighbour(sinkNeighbour(name), where, look.bind(sink)));
	}
	return found.filter((one) => one !== false);
}

/** Of the certificate that it showed. */
function untilWhen(end: number | undefined): string {
	return end === undefined ? "" : `; its certificate ends on ${isoTime(end).slice(0, 10)}`;
}

/** It has a breaker of its own, which tells. */
function redisNeighbour(cache: Cache, place: Place): Neighbour {
	const look = async () => {
		if (await cache.look()) return place();
		throw transient("CACHE_AWAY", `${place()} does not answer`);
	};
	return { name: "cache", look, tellsItself: true };
}

/** @throws WatchRabbitError DISK_FULL */
async function room(directory: string): Promise<string> {
	const { bsize, bavail, blocks } = await statfs(directory);
	const free = bsize * bavail;
	const says = `${bytes(free)} of ${bytes(bsize * blocks)} are free in ${directory}`;
	if (free >= Math.min(leastBytes, leastShare * bsize * blocks)) return says;
	throw permanent("DISK_FULL", says, { fix: "Make room on that file system; work goes on by itself." });
}

/** An address without what is nobody's business. */
function placeOf(url: string): string {
	return url.replace(/^.*:\/\/(.*@)?/, "").replace(/\?.*$/, "");
}

function at(endpoint: string | undefined): string {
	return endpoint === undefined ? "" : ` at ${placeOf(endpoint)}`;
}
