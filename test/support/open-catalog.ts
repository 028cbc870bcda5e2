import { openCatalog } from "#catalog/catalog.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import type { Catalog } from "#core/ports/catalog.ts";

/** A catalog by its location, so that a child process can open the one of a test: the path of a SQLite file. */
export function openCatalogAt(location: string): Promise<Catalog> {
	return openCatalog(new NodeSqliteDialect(location));
}
