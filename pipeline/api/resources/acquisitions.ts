import { acquisitionDetail } from "#domain/details.ts";
import { acquisitionResource } from "#domain/resources.ts";
import { mapPage, moment, type Resource, text } from "../resource.ts";

export const acquisitions: Resource = {
	name: "acquisitions",
	filters: { source: text, key: text, digest: text, since: moment, until: moment },
	list: async ({ catalog }, request) => mapPage(await catalog.acquisitions(request), acquisitionResource),
	one: ({ catalog }, id) => acquisitionDetail(catalog, id),
};
