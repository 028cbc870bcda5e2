import { DashboardLinkBuilder, DashboardLinkType } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Link } from "./tile.ts";

/** A page of this set keeps the time and what was chosen. */
export function dashboardLink(title: string, uid: string, more = ""): Link {
	return linkTo(title, `/d/${uid}?\${__url_time_range}&\${__all_variables}${more}`);
}

/** One of our own pages, where the API is served. */
export function ownPage(title: string, path: string): Link {
	return linkTo(title, `http://\${api}${path}`, true);
}

/** The health page of the process that a row is about. */
export const healthOfRow: Link = linkTo("Its health", `http://\${__data.fields.Process}/health/ready`, true);

/** Traces in Grafana's Explore: `query` is one of TraceQL, or the id of a trace. */
export function traces(title: string, query: string): Link {
	const pane = {
		datasource: "$traces",
		queries: [{ refId: "A", datasource: { type: "tempo", uid: "$traces" }, queryType: "traceql", limit: 20, query }],
		range: { from: "$__from", to: "$__to" },
	};
	const encoded = encodeURIComponent(JSON.stringify({ a: pane })).replaceAll(/%24(%7B.*?%7D|\w+)/g, decodeURIComponent);
	return linkTo(title, `/explore?schemaVersion=1&panes=${encoded}`, true);
}

function linkTo(title: string, url: string, elsewhere = false): Link {
	return () => new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(elsewhere);
}
