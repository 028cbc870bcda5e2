import { measurementForm } from "#domain/resource-forms.ts";
import { measurementResource } from "#domain/resources.ts";
import { filters, ofResults } from "../filters.ts";
import { mapPage, type Resource, wholeList } from "../resource.ts";
import { resultStates } from "./result-states.ts";

export const measurements: Resource = {
	name: "measurements",
	filters: { ...filters("result", "name", "measured", ...ofResults), state: resultStates },
	sorts: ["completed", "acquired", "value"],
	item: measurementForm,
	whole: wholeList("measurements", measurementResource),
	list: async ({ catalog }, request) => mapPage(await catalog.measurements(request), measurementResource),
};
