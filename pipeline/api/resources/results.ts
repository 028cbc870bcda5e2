import { resultDetail } from "#domain/details.ts";
import { resultResource } from "#domain/resources.ts";
import { anyOf, mapPage, moment, type Resource, text } from "../resource.ts";

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
	list: async ({ catalog }, request) => mapPage(await catalog.results(request), resultResource),
	one: ({ catalog }, id) => resultDetail(catalog, id),
};
