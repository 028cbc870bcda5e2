import { type Dialect, Kysely } from "kysely";
import { permanent } from "#core/errors.ts";
import type { CatalogStore } from "#core/ports/catalog-store.ts";
import { exportCatalog } from "./export-catalog.ts";
import { importCatalog } from "./import-catalog.ts";
import { migrate, migrationStates } from "./migrations.ts";
import type { Schema } from "./schema.ts";

/** A dialect is for one store: `close` closes its connections. */
export function openCatalogStore(dialect: Dialect): CatalogStore {
	const db = new Kysely<Schema>({ dialect });
	return {
		migrations: () => migrationStates(db),
		migrate: async () => {
			const missing = (await migrationStates(db)).filter(({ applied }) => !applied);
			await migrate(db);
			return missing.map(({ name }) => name);
		},
		export: async function* () {
			yield* exportCatalog(db, await latest(db));
		},
		import: async (lines) => importCatalog(db, lines, await latest(db)),
		close: () => db.destroy(),
	};
}

/** The last migration, when all are applied. */
async function latest(db: Kysely<Schema>): Promise<string> {
	const states = await migrationStates(db);
	const last = states.at(-1);
	if (last !== undefined && states.every(({ applied }) => applied)) return last.name;
	throw permanent("CATALOG_NOT_MIGRATED", "the catalog is not there yet, or older than this version", {
		fix: "Run `watchrabbit migrate up` with this configuration.",
	});
}
