/**
 * The database of a catalog as a whole: to bring it up to date, and to move what it holds into another one. Opened without
 * being migrated.
 */
export interface CatalogStore {
	/** In their order; those of this version that are not applied yet included. @throws WatchRabbitError CATALOG_NEWER */
	migrations(): Promise<readonly AppliedMigration[]>;
	/** Applies what is missing. Safe while others start. Gives their names. */
	migrate(): Promise<readonly string[]>;
	/**
	 * All tables as they are at one moment, as lines of JSON: what it is, the rows of each table followed by their count and
	 * digest, and that this is the end.
	 *
	 * @throws WatchRabbitError CATALOG_NOT_MIGRATED (permanent)
	 */
	export(): AsyncIterable<string>;
	/**
	 * Takes what was exported, all or nothing: every table is read again and has the count and the digest that it had where
	 * it came from, or nothing was changed.
	 *
	 * @throws WatchRabbitError CATALOG_NOT_EMPTY, CATALOG_NOT_MIGRATED, IMPORT_DAMAGED, IMPORT_OTHER_VERSION (permanent)
	 */
	import(lines: AsyncIterable<string>): Promise<readonly TableContents[]>;
	close(): Promise<void>;
}

export interface AppliedMigration {
	readonly name: string;
	readonly applied: boolean;
}

/** `sha256` of the rows in the order of their key, each as canonical JSON and a line feed. */
export interface TableContents {
	readonly table: string;
	readonly count: number;
	readonly sha256: string;
}
