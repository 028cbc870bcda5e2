import { type Scope, seesPipeline, seesSource } from "#domain/access.ts";
import { alertForm } from "#domain/resource-forms.ts";
import { alertResource } from "#observability/alerts/alert-resource.ts";
import type { OperationsContext } from "../context.ts";
import { anyOf, text } from "../query.ts";
import type { Resource } from "../resource.ts";

/** What this process finds wrong at the moment, by its own numbers: as many as there are, always one page. */
export const alerts: Resource<OperationsContext & { readonly scope: Scope }> = {
	name: "alerts",
	filters: { name: text, state: anyOf(["pending", "firing"]), source: text, pipeline: text },
	item: alertForm,
	list: async ({ alerts, scope }, { filter: { name, state, source, pipeline } }) => ({
		items: alerts.active
			.filter(({ labels }) => isSeen(scope, labels))
			.filter((alert) => name === undefined || alert.name === name)
			.filter((alert) => state === undefined || state.includes(alert.state))
			.filter(({ labels }) => source === undefined || labels.source === source)
			.filter(({ labels }) => pipeline === undefined || labels.pipeline === pipeline)
			.map(alertResource),
	}),
};

/** What is of no source and no pipeline is the lab's as a whole, and is for those who see all of it. */
function isSeen(scope: Scope, { source, pipeline }: Readonly<Record<string, string>>): boolean {
	if (pipeline !== undefined) return seesPipeline(scope, pipeline);
	return source === undefined ? scope === "everything" : seesSource(scope, source);
}
