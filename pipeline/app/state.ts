import { mkdir } from "node:fs/promises";
import { openCatalog } from "#catalog/catalog.ts";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import { type Clock, systemClock } from "#core/clock.ts";
import { permanent } from "#core/errors.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import type { EventLog } from "#core/ports/event-log.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Sink } from "#core/ports/sink.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import { WakeUp } from "#core/wake-up.ts";
import { resultsPrefix } from "#domain/object-keys.ts";
import { placesIn } from "#domain/places.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { kafkaSink, openPostgres, rabbitMq, s3Objects } from "./services.ts";

/** Everything that is remembered, behind its ports. */
export interface State {
	readonly ledger: Ledger;
	readonly catalog: Catalog;
	/** By which the catalog's leases are judged, and what is to happen with its jobs: of all hosts that share it the same. */
	readonly clock: Clock;
	/** Rung by this process under that name, and by others where the catalog can tell them. */
	readonly wakeUp: (name: string) => WakeUp;
	readonly log: EventLog;
	readonly queue: WorkQueue;
	readonly objects: ObjectStore;
	/** Other services that are told of jobs, results and measurements, by name. */
	readonly sinks: ReadonlyMap<string, Sink>;
	close(): Promise<void>;
}

/**
 * Opens what the configuration names, embedded where it names no service; what is missing is made. Several processes may
 * have the same state open.
 *
 * @throws WatchRabbitError DATABASE_*, CATALOG_MISSING
 */
export async function openState(
	{ data, services }: Pick<Settings, "data" | "services">,
	report: Report,
	clock: Clock = systemClock,
): Promise<State> {
	await mkdir(data, { recursive: true });
	const places = placesIn(data);
	const opened = new AsyncDisposableStack();
	const open = <T extends { close(): void | Promise<void> }>(part: T): T => opened.adopt(part, (one) => one.close());
	try {
		const ledger = open(new SqliteLedger(places.ledger));
		const { catalog, ...shared } = open(await openShared({ data, services }, clock));
		const broker = open(await (services.broker ? rabbitMq(services.broker, report) : embeddedBroker(places)));
		const objects = open(
			services.objects ? s3Objects(services.objects, report) : new DirectoryObjectStore(places.objects),
		);
		const kafka = services.kafka && open(await kafkaSink(services.kafka));
		const sinks = new Map(
			Object.entries({ rabbitmq: broker.jobs, kafka }).flatMap(([name, sink]) =>
				sink === undefined ? [] : [[name, sink]],
			),
		);
		const { log, queue } = broker;
		const { clock: judge, wakeUp } = shared;
		const close = () => opened.disposeAsync();
		const state = { ledger, catalog, clock: judge, wakeUp, log, queue, objects, sinks, close };
		if (services.catalog === undefined && (await isCatalogLost(state))) throw catalogMissing(data, places.objects);
		return state;
	} catch (thrown) {
		await opened.disposeAsync();
		throw thrown;
	}
}

function openShared({ data, services }: Pick<Settings, "data" | "services">, clock: Clock) {
	return services.catalog === undefined
		? embeddedCatalog(placesIn(data), clock)
		: openPostgres(services.catalog, clock);
}

function catalogMissing(data: string, objects: string) {
	return permanent("CATALOG_MISSING", `the catalog knows of no job, though results are stored in ${objects}`, {
		fix: `Put catalog.db back into ${data} from a copy. Without one, move ${data} away and start again: what is in the sources is then analysed anew.`,
	});
}

async function embeddedCatalog(places: ReturnType<typeof placesIn>, clock: Clock) {
	const catalog = await openCatalog(new NodeSqliteDialect(places.catalog));
	return { catalog, clock, wakeUp: () => new WakeUp(), close: () => catalog.close() };
}

function embeddedBroker(places: ReturnType<typeof placesIn>) {
	const log = new SqliteEventLog(places.log);
	const queue = new SqliteWorkQueue(places.queue);
	const close = async () => {
		await Promise.all([log.close(), queue.close()]);
	};
	return { log, queue, jobs: undefined, close };
}

/** It was removed, or was no part of what was restored: a new one would list nothing of what is there, as if all were well. */
async function isCatalogLost({ catalog, objects }: State): Promise<boolean> {
	const { items } = await catalog.jobs({ limit: 1, filter: {} });
	if (items.length > 0) return false;
	for await (const _ of objects.list(resultsPrefix)) return true;
	return false;
}
