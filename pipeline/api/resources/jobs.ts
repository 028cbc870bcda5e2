import { jobDetail } from "#domain/details.ts";
import { jobStates } from "#domain/job.ts";
import { jobResource } from "#domain/resources.ts";
import { anyOf, mapPage, moment, type Resource, text } from "../resource.ts";

export const jobs: Resource = {
	name: "jobs",
	filters: {
		source: text,
		pipeline: text,
		state: anyOf(jobStates),
		acquisition: text,
		since: moment,
		until: moment,
	},
	list: async ({ catalog }, request) => mapPage(await catalog.jobs(request), jobResource),
	one: ({ catalog }, id) => jobDetail(catalog, id),
};
