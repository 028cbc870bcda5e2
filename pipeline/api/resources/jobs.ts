import { jobDetailForm } from "#domain/detail-forms.ts";
import { jobDetail } from "#domain/details.ts";
import { jobStates } from "#domain/job.ts";
import { jobForm } from "#domain/resource-forms.ts";
import { jobResource } from "#domain/resources.ts";
import { filters, ofAcquisitions } from "../filters.ts";
import { anyOf } from "../query.ts";
import { mapPage, type Resource, wholeList } from "../resource.ts";

export const jobs: Resource = {
	name: "jobs",
	filters: {
		...filters("source", "pipeline", "pool", "acquisition", "result", "since", "until", "createdSince", "createdUntil"),
		...filters("params", ...ofAcquisitions),
		state: anyOf(jobStates),
	},
	sorts: ["created"],
	links: { getAcquisition: { id: "acquisition" } },
	item: jobForm,
	whole: wholeList("jobs", jobResource),
	list: async ({ catalog }, request) => mapPage(await catalog.jobs(request), jobResource),
	one: { by: "id", form: jobDetailForm, get: ({ catalog }, id) => jobDetail(catalog, id) },
};
