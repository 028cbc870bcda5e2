import { measurementResource } from "#domain/resources.ts";
import { mapPage, moment, type Resource, text } from "../resource.ts";

export const measurements: Resource = {
	name: "measurements",
	filters: { source: text, pipeline: text, result: text, key: text, name: text, since: moment, until: moment },
	list: async ({ catalog }, request) => mapPage(await catalog.measurements(request), measurementResource),
};
