import { acquisitionDetail } from "#domain/details.ts";
import { acquisitionDetailForm, acquisitionForm } from "#domain/resource-forms.ts";
import { acquisitionResource } from "#domain/resources.ts";
import { moment, text } from "../query.ts";
import { mapPage, type Resource } from "../resource.ts";

export const acquisitions: Resource = {
	name: "acquisitions",
	filters: { source: text, key: text, digest: text, since: moment, until: moment },
	item: acquisitionForm,
	list: async ({ catalog }, request) => mapPage(await catalog.acquisitions(request), acquisitionResource),
	one: { by: "id", form: acquisitionDetailForm, get: ({ catalog }, id) => acquisitionDetail(catalog, id) },
};
