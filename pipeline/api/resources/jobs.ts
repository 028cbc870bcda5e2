import { jobDetail } from "#domain/details.ts";
import { jobStates } from "#domain/job.ts";
import { jobDetailForm, jobForm } from "#domain/resource-forms.ts";
import { jobResource } from "#domain/resources.ts";
import { anyOf, moment, text } from "../query.ts";
import { mapPage, type Resource } from "../resource.ts";

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
	item: jobForm,
	list: async ({ catalog }, request) => mapPage(await catalog.jobs(request), jobResource),
	one: { by: "id", form: jobDetailForm, get: ({ catalog }, id) => jobDetail(catalog, id) },
};
