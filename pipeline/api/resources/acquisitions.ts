import { acquisitionDetailForm } from "#domain/detail-forms.ts";
import { acquisitionDetail } from "#domain/details.ts";
import { acquisitionForm } from "#domain/resource-forms.ts";
import { acquisitionResource } from "#domain/resources.ts";
import { filters, ofAcquisitions } from "../filters.ts";
import { anyOf } from "../query.ts";
import { mapPage, type Resource, wholeList } from "../resource.ts";

export const acquisitions: Resource = {
	name: "acquisitions",
	filters: {
		...filters("source", "key", "job", "digest", "since", "until", "createdSince", "createdUntil", ...ofAcquisitions),
		state: anyOf(["current", "superseded"]).describe("Whether there is a newer version of it."),
	},
	sorts: ["created", "acquired", "key", "bytes"],
	item: acquisitionForm,
	whole: wholeList("acquisitions", acquisitionResource),
	list: async ({ catalog }, request) => mapPage(await catalog.acquisitions(request), acquisitionResource),
	one: { by: "id", form: acquisitionDetailForm, get: ({ catalog }, id) => acquisitionDetail(catalog, id) },
};
