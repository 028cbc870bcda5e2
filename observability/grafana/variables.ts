import {
	DatasourceVariableBuilder,
	QueryVariableBuilder,
	TextBoxVariableBuilder,
	VariableRefresh,
	VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { metricCatalogue as metrics } from "../metric-catalogue.ts";
import { datasource } from "./tile.ts";

/** Every variable by its name, in the order in which they stand above a dashboard, each after those that its query uses. */
export const variables = {
	datasource: () => new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"),
	traces: () => new DatasourceVariableBuilder("traces").label("Traces").type("tempo"),
	role: () => several("role", "Role", `label_values(${metrics.roleUp.name}, role)`).allValue(".*"),
	// All of a role's, and not all: its own list is what "All" means.
	instance: () => several("instance", "Process", `label_values(${metrics.roleUp.name}{role=~"$role"}, instance)`),
	source: () => several("source", "Source", `label_values(${metrics.sourceUp.name}, source)`).allValue(".*"),
	pipeline: () => several("pipeline", "Pipeline", `label_values(${metrics.attempts.name}, pipeline)`).allValue(".*"),
	pool: () => several("pool", "Pool", `label_values(${metrics.poolUp.name}, pool)`).allValue(".*"),
	api: () =>
		chosen("api", "API at", `label_values(${metrics.roleUp.name}{role="serve"}, instance)`).description(
			"Whose pages are opened by links.",
		),
	trace: () =>
		new TextBoxVariableBuilder("trace")
			.label("Trace")
			.description("Its id, as `watchrabbit why` shows it, for the link Trace."),
} as const;

function several(name: string, label: string, query: string): QueryVariableBuilder {
	return chosen(name, label, query)
		.multi(true)
		.includeAll(true)
		.current({ selected: true, text: ["All"], value: ["$__all"] });
}

function chosen(name: string, label: string, query: string): QueryVariableBuilder {
	return new QueryVariableBuilder(name)
		.label(label)
		.datasource(datasource)
		.query({ query, refId: "StandardVariableQuery" })
		.definition(query)
		.refresh(VariableRefresh.OnTimeRangeChanged)
		.sort(VariableSort.AlphabeticalAsc);
}
