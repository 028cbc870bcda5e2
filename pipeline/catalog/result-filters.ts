import { sql } from "kysely";
import type { Scope } from "#domain/access.ts";
import { equals, type Listing, ownTime } from "./listing.ts";
import { nameHash } from "./name-column.ts";
import { seenLink } from "./scoped.ts";

/** Filters of what belongs to a result, on the result: shared by its measurements and artifacts. */
export const resultFilters = {
	acquisition: (id: string, scope: Scope) =>
		sql`results.job in (select job from acquisition_jobs where acquisition = ${id}) and ${seenLink(scope, id, "results")}`,
	job: equals("results.job"),
	key: (key: string) => sql`results.acquisition in (select id from acquisitions where key_hash = ${nameHash(key)})`,
	...ownTime("results.completed_at", "completed"),
};

/** How what belongs to a result is found by what the result is of. */
export const resultParts = {
	seen: { by: "pipeline", column: "results.pipeline" },
	parts: {
		source: "results.source",
		pipeline: "results.pipeline",
		state: "results.state",
		params: "results.params_hash",
	},
	leads: ({ params, pipeline, source, state }) => {
		if (params !== undefined) return ["params"];
		if (pipeline !== undefined) return ["pipeline", "state"];
		if (source !== undefined) return ["source", "state"];
		return state === undefined ? [] : ["state"];
	},
	known: { state: ["current", "superseded"] },
} satisfies Partial<Listing<object, object>>;
