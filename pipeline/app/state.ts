import { mkdir } from "node:fs/promises";
import { openCatalog } from "#catalog/catalog.ts";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import { permanent } from "#core/errors.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import type { EventLog } from "#core/ports/event-log.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import { resultsPrefix } from "#domain/object-keys.ts";
import { placesIn } from "#domain/places.ts";
import type { ServiceSettings, Settings } from "#domain/settings.ts";

/** Everything that is remembered, behind its ports. */
export interface State {
	readonly ledger: Ledger;
	readonly catalog: Catalog;
	readonly log: EventLog;
	readonly queue: WorkQueue;
	readonly objects: ObjectStore;
	close(): Promise<void>;
}

/**
 * Opens the embedded adapters; what is missing is made. Several processes may have the same state open.
 *
 * @throws WatchRabbitError DATABASE_*, CATALOG_MISSING, SERVICE_UNSUPPORTED
 */
export async function openState({ data, services }: Pick<Settings, "data" | "services">): Promise<State> {
	refuseUnsupported(services);
	await mkdir(data, { recursive: true });
	const places = placesIn(data);
	const ledger = new SqliteLedger(places.ledger);
	const catalog = await openCatalog(new NodeSqliteDialect(places.catalog));
	const log = new SqliteEventLog(places.log);
	const queue = new SqliteWorkQueue(places.queue);
	const objects = new DirectoryObjectStore(places.objects);
	const close = async () => {
		await Promise.all([log.close(), queue.close(), catalog.close(), objects.close()]);
		ledger.close();
	};
	const state = { ledger, catalog, log, queue, objects, close };
	if (!(await isCatalogLost(state))) return state;
	await close();
	throw permanent("CATALOG_MISSING", `the catalog knows of no job, though results are stored in ${places.objects}`, {
		fix: `Put catalog.db back into ${data} from a copy. Without one, move ${data} away and start again: what is in the sources is then analysed anew.`,
	});
}

/** What is asked for and cannot be had is refused: to go on with what is embedded would look as if it were used. */
function refuseUnsupported(services: ServiceSettings): void {
	for (const [key, service] of Object.entries(services)) {
		if (service === undefined) continue;
		throw permanent("SERVICE_UNSUPPORTED", `this version does not yet know how to use the service of the key ${key}`, {
			fix: `Take the key ${key} out of the configuration: what is embedded needs no service.`,
		});
	}
}

/** It was removed, or was no part of what was restored: a new one would list nothing of what is there, as if all were well. */
async function isCatalogLost({ catalog, objects }: State): Promise<boolean> {
	const { items } = await catalog.jobs({ limit: 1, filter: {} });
	if (items.length > 0) return false;
	for await (const _ of objects.list(resultsPrefix)) return true;
	return false;
}
