import { mkdir } from "node:fs/promises";
import { openCatalog } from "#catalog/catalog.ts";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import type { EventLog } from "#core/ports/event-log.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import { placesIn } from "#domain/places.ts";

/** Everything that is remembered, behind its ports. */
export interface State {
	readonly ledger: Ledger;
	readonly catalog: Catalog;
	readonly log: EventLog;
	readonly queue: WorkQueue;
	readonly objects: ObjectStore;
	close(): Promise<void>;
}

/** Opens the embedded adapters; what is missing is made. Several processes may have the same state open. */
export async function openState(data: string): Promise<State> {
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
	return { ledger, catalog, log, queue, objects, close };
}
