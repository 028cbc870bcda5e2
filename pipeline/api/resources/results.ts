import { resultDetailForm } from "#domain/detail-forms.ts";
import { resultDetail } from "#domain/details.ts";
import { resultForm } from "#domain/resource-forms.ts";
import { resultResource } from "#domain/resources.ts";
import { recent } from "../cached.ts";
import type { ApiContext } from "../context.ts";
import { filters, ofResults } from "../filters.ts";
import { notFound } from "../problem.ts";
import { mapPage, type Resource, wholeList } from "../resource.ts";
import { resultStates } from "./result-states.ts";

export const results: Resource = {
	name: "results",
	filters: { ...filters("measured", ...ofResults), state: resultStates },
	sorts: ["completed", "seconds"],
	links: { getManifest: { id: "id" }, getJob: { id: "job" } },
	item: resultForm,
	whole: wholeList("results", resultResource),
	list: async ({ catalog }, request) => mapPage(await catalog.results(request), resultResource),
	one: { by: "id", form: resultDetailForm, get: resultText },
};

/** A result that is looked at is looked at often: while it is recent, all who see it are given the same text. */
function resultText({ cache, catalog, scope }: ApiContext, id: string): Promise<string> {
	return recent(cache, "result", [id, JSON.stringify(scope)], async () => {
		const result = await resultDetail(catalog, id);
		// Thrown, so that it is not kept: it may be there the next moment.
		if (result === undefined) throw notFound(`result ${id}`, "List results at /api/v1/results.");
		return JSON.stringify(result);
	});
}
