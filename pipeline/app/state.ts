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
import type { Report } from "#domain/report.ts";
import type { ServiceSettings, Settings } from "#domain/settings.ts";
import { openPostgres, s3Objects } from "./services.ts";

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
 * Opens what the configuration names, embedded where it names no service; what is missing is made. Several processes may
 * have the same state open.
 *
 * @throws WatchRabbitError DATABASE_*, CATALOG_MISSING, SERVICE_UNSUPPORTED
 */
export async function openState(
	{ data, services }: Pick<Settings, "data" | "services">,
	report: Report,
): Promise<State> {
	refuseUnsupported(services);
	await mkdir(data, { recursive: true });
	const places = placesIn(data);
	const catalog = await (services.catalog === undefined
		? openCatalog(new NodeSqliteDialect(places.catalog))
		: openPostgres(services.catalog));
	const ledger = new SqliteLedger(places.ledger);
	const log = new SqliteEventLog(places.log);
	const queue = new SqliteWorkQueue(places.queue);
	const objects =
		services.objects === undefined ? new DirectoryObjectStore(places.objects) : s3Objects(services.objects, report);
	const close = async () => {
		await Promise.all([log.close(), queue.close(), catalog.close(), objects.close()]);
		ledger.close();
	};
	const state = { ledger, catalog, log, queue, objects, close };
	if (services.catalog !== undefined || !(await isCatalogLost(state))) return state;
	await close();
	throw permanent("CATALOG_MISSING", `the catalog knows of no job, though results are stored in ${places.objects}`, {
		fix: `Put catalog.db back into ${data} from a copy. Without one, move ${data} away and start again: what is in the sources is then analysed anew.`,
	});
}

/** What is asked for and cannot be had is refused: to go on with what is embedded would look as if it were used. */
function refuseUnsupported({ broker, cache }: ServiceSettings): void {
	for (const [key, service] of Object.entries({ broker, cache })) {
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
