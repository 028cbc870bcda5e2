import { artifactResource } from "#domain/resources.ts";
import { mapPage, moment, type Resource, text } from "../resource.ts";

export const artifacts: Resource = {
	name: "artifacts",
	filters: { source: text, pipeline: text, result: text, name: text, since: moment, until: moment },
	list: async ({ catalog }, request) => mapPage(await catalog.artifacts(request), artifactResource),
};
