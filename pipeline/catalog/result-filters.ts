import { sql } from "kysely";
import { nameHash } from "./name-column.ts";
import { equals, oneOf, period } from "./page.ts";

/** Filters of what belongs to a result, on the result: shared by its measurements and artifacts. */
export const resultFilters = {
	source: equals("results.source"),
	pipeline: equals("results.pipeline"),
	state: oneOf("results.state"),
	acquisition: (id: string) => sql`results.job in (select job from acquisition_jobs where acquisition = ${id})`,
	job: equals("results.job"),
	key: (key: string) => sql`results.acquisition in (select id from acquisitions where key_hash = ${nameHash(key)})`,
	...period("results.completed_at"),
};
