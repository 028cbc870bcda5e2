import { artifactForm } from "#domain/resource-forms.ts";
import { artifactResource } from "#domain/resources.ts";
import { filters, ofResults } from "../filters.ts";
import { mapPage, type Resource, wholeList } from "../resource.ts";
import { resultStates } from "./result-states.ts";

export const artifacts: Resource = {
	name: "artifacts",
	filters: { ...filters("result", "name", "digest", ...ofResults), state: resultStates },
	sorts: ["completed", "name"],
	links: { getArtifact: { id: "result", name: "name" }, getResult: { id: "result" } },
	item: artifactForm,
	whole: wholeList("artifacts", artifactResource),
	list: async ({ catalog }, request) => mapPage(await catalog.artifacts(request), artifactResource),
};
