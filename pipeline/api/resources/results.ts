import { resultDetail } from "#domain/details.ts";
import { resultDetailForm, resultForm } from "#domain/resource-forms.ts";
import { resultResource } from "#domain/resources.ts";
import { filters, ofResults } from "../filters.ts";
import { mapPage, type Resource } from "../resource.ts";
import { resultStates } from "./result-states.ts";

export const results: Resource = {
	name: "results",
	filters: { ...filters("measured", ...ofResults), state: resultStates },
	sorts: ["completed", "seconds"],
	links: { getManifest: { id: "id" }, getJob: { id: "job" } },
	item: resultForm,
	list: async ({ catalog }, request) => mapPage(await catalog.results(request), resultResource),
	one: { by: "id", form: resultDetailForm, get: ({ catalog }, id) => resultDetail(catalog, id) },
};
