import { version } from "#core/version.ts";
import { seesPipeline, seesSource } from "#domain/access.ts";
import { statusForm } from "#domain/lab-forms.ts";
import { isoTime } from "#domain/resources.ts";
import { alerts } from "./resources/alerts.ts";
import { type Route, route } from "./route.ts";

/** How the lab stands, as far as who asks sees it. */
export const status: readonly Route[] = [
	route({
		id: "getStatus",
		method: "GET",
		path: "/api/v1/status",
		tag: "status",
		summary: "How the lab stands, at a glance",
		needs: "read",
		answers: { 200: { description: "That is how.", content: { "application/json": statusForm } } },
		handle: async (_asked, context) => {
			const { catalog, settings, scope, health, draining } = context;
			const [jobs, { waiting }] = await Promise.all([catalog.countJobs(), catalog.pending()]);
			const firing = await alerts.list(context, { limit: 1, filter: { state: ["firing"] } });
			return {
				version: version(),
				at: isoTime(Date.now()),
				ok: health.ready().ok && !draining(),
				draining: draining(),
				jobs,
				waiting,
				alerts: firing.items.length,
				sources: settings.sources.filter(({ name }) => seesSource(scope, name)).length,
				pipelines: settings.pipelines.filter(({ name }) => seesPipeline(scope, name)).length,
			};
		},
	}),
];
