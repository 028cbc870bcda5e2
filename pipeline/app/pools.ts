import { join } from "node:path";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { workplaceIn } from "#domain/places.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { createPool } from "#r-workers/pool.ts";
import type { Workplace } from "./workplace.ts";

/** One R pool for each pool of the configuration. */
export function createPools(
	settings: Settings,
	{ directory, installation }: Workplace,
	report: Report,
): readonly AnalysisPool[] {
	return settings.pools.map((pool) =>
		createPool(pool, {
			directory: join(workplaceIn(directory).pools, pool.name),
			dataDirectoryId: installation,
			report,
		}),
	);
}
