import { measurementForm } from "#domain/resource-forms.ts";
import { measurementResource } from "#domain/resources.ts";
import { moment, text } from "../query.ts";
import { mapPage, type Resource } from "../resource.ts";

export const measurements: Resource = {
	name: "measurements",
	filters: { source: text, pipeline: text, result: text, key: text, name: text, since: moment, until: moment },
	item: measurementForm,
	list: async ({ catalog }, request) => mapPage(await catalog.measurements(request), measurementResource),
};
