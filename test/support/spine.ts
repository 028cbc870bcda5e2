import { join } from "node:path";
import { openCatalog } from "#catalog/catalog.ts";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import type { InternalEvent } from "#domain/report.ts";
import { eventually } from "./product.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** The embedded state in a temporary directory, as the roles have it, and everything that they tell. */
export class Spine {
	readonly path: string;
	readonly ledger: Ledger;
	readonly catalog: Catalog;
	readonly log: SqliteEventLog;
	readonly queue: WorkQueue;
	readonly objects: ObjectStore;
	readonly told: InternalEvent[] = [];
	readonly broken: WatchRabbitError[] = [];
	readonly report = (event: InternalEvent) => void this.told.push(event);
	readonly onBroken = (error: WatchRabbitError) => void this.broken.push(error);
	readonly #remove: () => void;

	private constructor(path: string, remove: () => void, catalog: Catalog) {
		this.path = path;
		this.#remove = remove;
		this.catalog = catalog;
		this.ledger = new SqliteLedger(join(path, "ledger.db"));
		this.log = new SqliteEventLog(join(path, "log.db"));
		this.queue = new SqliteWorkQueue(join(path, "queue.db"));
		this.objects = new DirectoryObjectStore(join(path, "objects"));
	}

	static async open(): Promise<Spine> {
		const { path, remove } = temporaryDirectory();
		return new Spine(path, remove, await openCatalog(new NodeSqliteDialect(join(path, "catalog.db"))));
	}

	/** Fails when a role was broken: a test that breaks one takes the error out first. */
	async close(): Promise<void> {
		await Promise.all([this.catalog.close(), this.log.close(), this.queue.close(), this.objects.close()]);
		this.ledger.close();
		this.#remove();
		if (this.broken.length > 0) throw new Error("a role was broken", { cause: this.broken[0] });
	}

	/** What was told of one kind, in order. */
	events<Name extends InternalEvent["event"]>(name: Name): Extract<InternalEvent, { event: Name }>[] {
		return this.told.filter((event): event is Extract<InternalEvent, { event: Name }> => event.event === name);
	}

	/** Keys of all objects below a prefix. */
	async keys(prefix: string): Promise<string[]> {
		const keys: string[] = [];
		for await (const { key } of this.objects.list(prefix)) keys.push(key);
		return keys;
	}
}

/** Waits, within a bound, until it is so. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, withinMs = 15_000): Promise<void> {
	await eventually(
		async () => ((await holds()) ? true : undefined),
		() => what,
		withinMs,
	);
}
