import { readFile } from "node:fs/promises";
import { openCatalog } from "#catalog/catalog.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Report } from "#domain/report.ts";
import type { CatalogSettings, ObjectsSettings, TlsSettings } from "#domain/settings.ts";
import { ObjectsOnDemand } from "./on-demand.ts";

/** The adapters of services. Their libraries are loaded here and only where the configuration names the service. */

export async function openPostgres(settings: CatalogSettings): Promise<Catalog> {
	return await openCatalog(await postgresDialect(settings));
}

export async function postgresDialect(settings: CatalogSettings) {
	const { PgDialect } = await import("#connectors/postgres/dialect.ts");
	const { url, connections, statementTimeoutMs, tls } = settings;
	const options = { url, maxConnections: connections, statementTimeoutMs };
	return new PgDialect(tls === undefined ? options : { ...options, tls: await readTls(tls) });
}

/** Connects when it is first used. */
export function s3Objects(settings: ObjectsSettings, report: Report): ObjectStore {
	return new ObjectsOnDemand(async () => {
		const { S3ObjectStore } = await import("#connectors/s3/object-store.ts");
		return await S3ObjectStore.open(settings, report);
	});
}

async function readTls({ ca, cert, key }: TlsSettings) {
	return {
		...(ca === undefined ? {} : { ca: await readFile(ca, "utf8") }),
		...(cert === undefined ? {} : { cert: await readFile(cert, "utf8") }),
		...(key === undefined ? {} : { key: await readFile(key, "utf8") }),
	};
}
