import { openCatalogStore } from "#catalog/store.ts";
import { loadSettings } from "#config/load.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import type { CatalogStore } from "#core/ports/catalog-store.ts";
import { placesIn } from "#domain/places.ts";
import { postgresDialect } from "./services.ts";

/** The database of a configuration's catalog: PostgreSQL where it names one, else a file, which reading does not make. */
export async function openStore(configFile: string | undefined, access: "read" | "write"): Promise<CatalogStore> {
	const { settings } = await loadSettings(configFile, process.env, { checkPlaces: false });
	const { data, services } = settings;
	if (services.catalog !== undefined) return openCatalogStore(await postgresDialect(services.catalog));
	return openCatalogStore(new NodeSqliteDialect(placesIn(data).catalog, { readOnly: access === "read" }));
}
