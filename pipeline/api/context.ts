import type { Cache } from "#core/ports/cache.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import type { Health } from "#observability/health.ts";
import type { Metrics } from "#observability/metrics.ts";

/** What the API reads from, and whom it tells. */
export interface ApiContext {
	readonly settings: Settings;
	readonly ledger: Ledger;
	readonly catalog: ReadCatalog;
	readonly objects: ObjectStore;
	readonly cache: Cache;
	readonly metrics: Metrics;
	readonly health: Health;
	readonly report: Report;
}
