import { artifactForm } from "#domain/resource-forms.ts";
import { artifactResource } from "#domain/resources.ts";
import { moment, text } from "../query.ts";
import { mapPage, type Resource } from "../resource.ts";

export const artifacts: Resource = {
	name: "artifacts",
	filters: { source: text, pipeline: text, result: text, name: text, since: moment, until: moment },
	item: artifactForm,
	list: async ({ catalog }, request) => mapPage(await catalog.artifacts(request), artifactResource),
};
