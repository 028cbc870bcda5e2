import type { Dialect } from "kysely";
import { openCatalog } from "#catalog/catalog.ts";
import { PgDialect } from "#connectors/postgres/dialect.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import type { Catalog } from "#core/ports/catalog.ts";

/** By its location, so that a child process can open the one of a test: the path of a SQLite file, or a URL of PostgreSQL. */
export function dialectFor(location: string): Dialect {
	return location.startsWith("postgres:") ? new PgDialect({ url: location }) : new NodeSqliteDialect(location);
}

export function openCatalogAt(location: string): Promise<Catalog> {
	return openCatalog(dialectFor(location));
}
