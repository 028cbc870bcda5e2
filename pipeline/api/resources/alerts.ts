import { alertForm } from "#domain/resource-forms.ts";
import { alertResource } from "#observability/alerts/alert-resource.ts";
import type { OperationsContext } from "../context.ts";
import { anyOf, text } from "../query.ts";
import type { Resource } from "../resource.ts";

/** What this process finds wrong at the moment, by its own numbers: as many as there are, always one page. */
export const alerts: Resource<OperationsContext> = {
	name: "alerts",
	filters: { name: text, state: anyOf(["pending", "firing"]), source: text, pipeline: text },
	item: alertForm,
	list: async ({ alerts }, { filter: { name, state, source, pipeline } }) => ({
		items: alerts.active
			.filter((alert) => name === undefined || alert.name === name)
			.filter((alert) => state === undefined || state.includes(alert.state))
			.filter(({ labels }) => source === undefined || labels.source === source)
			.filter(({ labels }) => pipeline === undefined || labels.pipeline === pipeline)
			.map(alertResource),
	}),
};
