import { resultDetail } from "#domain/details.ts";
import { resultDetailForm, resultForm } from "#domain/resource-forms.ts";
import { resultResource } from "#domain/resources.ts";
import { anyOf, moment, text } from "../query.ts";
import { mapPage, type Resource } from "../resource.ts";

export const results: Resource = {
	name: "results",
	filters: {
		source: text,
		pipeline: text,
		state: anyOf(["current", "superseded"]),
		acquisition: text,
		job: text,
		key: text,
		since: moment,
		until: moment,
	},
	item: resultForm,
	list: async ({ catalog }, request) => mapPage(await catalog.results(request), resultResource),
	one: { by: "id", form: resultDetailForm, get: ({ catalog }, id) => resultDetail(catalog, id) },
};
