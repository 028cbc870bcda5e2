import { readdirSync, readFileSync } from "node:fs";
import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { parser } from "@prometheus-io/lezer-promql";
import { describe, expect, it, test } from "vitest";
import { dashboards } from "#observability/grafana/dashboards.ts";
import { alertsSeries, nodeMetrics, rabbitMetrics } from "#observability/grafana/foreign-metrics.ts";
import { metricCatalogue } from "#observability/metric-catalogue.ts";
import { createMetrics } from "#observability/metrics.ts";
import { panelsOf, queriesOf, variableQueriesOf } from "#test/support/dashboard-queries.ts";

const folder = new URL("../../../../observability/grafana/dashboards/", import.meta.url);
const all = dashboards().map((dashboard): [string, Dashboard] => [dashboard.title ?? "", dashboard]);

test("the files that Grafana reads are those of the declaration (else: npm run dashboards)", () => {
	const made = dashboards();
	expect(readdirSync(folder).toSorted()).toEqual(made.map(({ uid }) => `${uid}.json`).toSorted());
	for (const dashboard of made) {
		const file = new URL(`${dashboard.uid}.json`, folder);
		expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(JSON.stringify(dashboard)));
	}
});

test("every metric of Node that a panel shows is one that a process tells", () => {
	const told = createMetrics()
		.registry.getMetricsAsArray()
		.map(({ name }) => name);
	for (const name of Object.values(nodeMetrics)) {
		expect(told).toContain(name.replace(/_(total|sum)$/, ""));
	}
});

describe.each(all)("%s", (_, dashboard) => {
	it("asks in PromQL, and for nothing but metrics that are declared somewhere, with their labels", () => {
		const selectors = variableQueriesOf(dashboard).map(({ selector }) => selector);
		for (const expression of [...queriesOf(dashboard).map(({ expression }) => expression), ...selectors]) {
			const { errors, metrics } = read(expression);
			expect(errors, expression).toBe(0);
			expect(metrics.length, expression).toBeGreaterThan(0);
			for (const { name, labels } of metrics) {
				const known = declared.get(name);
				expect(known, `${name} in ${expression}`).toBeDefined();
				if (known !== "any") expect(known, `${name} in ${expression}`).toEqual(expect.arrayContaining(labels));
			}
		}
	});

	it("says of every panel what it shows and what to do, in which unit, and where nothing is to be had", () => {
		for (const panel of panelsOf(dashboard)) {
			expect(panel.title, `panel ${panel.id}`).toBeTruthy();
			expect(panel.description?.length ?? 0, panel.title).toBeGreaterThan(40);
			expect(panel.fieldConfig?.defaults.unit, panel.title).toBeTruthy();
			expect(panel.fieldConfig?.defaults.noValue, panel.title).toBeTruthy();
		}
		expect(new Set(panelsOf(dashboard).map(({ title }) => title)).size).toBe(panelsOf(dashboard).length);
	});

	it("declares every variable that it uses, and uses every one that it declares", () => {
		const { templating, ...rest } = dashboard;
		const names = (templating?.list ?? []).map(({ name }) => name);
		const used = new Set([...usedIn(rest), ...usedIn(templating)]);
		expect([...used].filter((name) => !name.startsWith("__")).toSorted()).toEqual(names.toSorted());
	});

	it("lays its panels out on 24 columns, none over another", () => {
		const ids = dashboard.panels?.flatMap((panel) => [panel, ...("panels" in panel ? panel.panels : [])]) ?? [];
		expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length);
		const taken = new Set<string>();
		for (const { title, gridPos } of ids) {
			const { x, y, w, h } = gridPos as Required<Panel>["gridPos"];
			expect(x + w, title).toBeLessThanOrEqual(24);
			for (let column = x; column < x + w; column++) {
				for (let line = y; line < y + h; line++) {
					expect(taken, `${title} at ${column}, ${line}`).not.toContain(`${column},${line}`);
					taken.add(`${column},${line}`);
				}
			}
		}
	});
});

test("links between dashboards lead to one that there is", () => {
	const uids = all.map(([, { uid }]) => uid);
	const links = all.flatMap(([, dashboard]) => [...JSON.stringify(dashboard).matchAll(/"\/d\/([\w-]+)/g)]);
	expect(links.length).toBeGreaterThan(5);
	for (const [, uid] of links) expect(uids).toContain(uid);
});

/** By the name of its samples; "any" label for those that are not ours. */
const declared = new Map<string, readonly string[] | "any">([
	...Object.values(metricCatalogue).flatMap(({ kind, name, labels }): [string, readonly string[]][] => {
		const own = ["instance", ...labels];
		if (kind !== "histogram") return [[name, own]];
		return [
			[`${name}_sum`, own],
			[`${name}_count`, own],
			[`${name}_bucket`, ["le", ...own]],
		];
	}),
	...[...Object.values(nodeMetrics), ...Object.values(rabbitMetrics), alertsSeries, "up"].map(
		(name): [string, "any"] => [name, "any"],
	),
]);

/** Grafana's variables stand where PromQL has a duration or a text. */
function read(expression: string): { errors: number; metrics: { name: string; labels: string[] }[] } {
	const text = expression.replace(/\[\$__\w+\]/g, "[5m]");
	const metrics: { name: string; labels: string[] }[] = [];
	let errors = 0;
	parser.parse(text).iterate({
		enter: ({ type, from, to, node }) => {
			if (type.isError) errors += 1;
			if (type.name !== "VectorSelector") return;
			const name = text.slice(from, to).split("{")[0] ?? "";
			const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? [];
			const labels = matchers.flatMap((matcher) => {
				const label = matcher.getChild("LabelName");
				return label === null ? [] : [text.slice(label.from, label.to)];
			});
			metrics.push({ name, labels });
		},
	});
	return { errors, metrics };
}

function usedIn(part: unknown): string[] {
	return [...JSON.stringify(part ?? null).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name as string);
}
