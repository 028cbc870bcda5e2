import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { application } from "#app/application.ts";
import { listings } from "#cli/listed.ts";
import { createProgram } from "#cli/program.ts";
import { defaultObjectives } from "#domain/objectives.ts";
import { type Alert, ruleName, runbookOf } from "#observability/alerts/alert.ts";
import { alertCatalogue } from "#observability/alerts/alert-catalogue.ts";
import { generatedFiles } from "#observability/generated-files.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, "utf8");
const catalogue = alertCatalogue(defaultObjectives);
const runbooks = globSync("observability/runbooks/*.md", { cwd: root }).filter((path) => !path.endsWith("README.md"));

interface Dashboard {
	readonly uid: string;
	readonly panels: readonly { readonly title?: string; readonly panels?: Dashboard["panels"] }[];
	readonly templating: { readonly list: readonly { readonly name: string }[] };
}

const dashboards = globSync("observability/grafana/dashboards/*.json", { cwd: root }).map(
	(path) => JSON.parse(read(path)) as Dashboard,
);
const titles = (panels: Dashboard["panels"]): (string | undefined)[] =>
	panels.flatMap(({ title, panels = [] }) => [title, ...titles(panels)]);

describe("what is made of the alerts", () => {
	it.each([...generatedFiles()])("%s is the one of the declarations (else: npm run alerts)", (path, text) => {
		expect(read(path)).toBe(text);
	});

	it("is one rule a level, each with a severity, a summary, a page and a dashboard", () => {
		const { groups } = parse(read("observability/prometheus/rules.yml")) as {
			groups: { rules: { alert?: string; labels: object; annotations: object }[] }[];
		};
		const rules = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
		expect(rules.map(({ alert }) => alert)).toEqual(catalogue.flatMap((one) => one.levels.map(() => ruleName(one))));
		for (const { alert, labels, annotations } of rules) {
			expect(labels, alert).toMatchObject({ severity: expect.stringMatching(/^(critical|warning|info)$/) });
			expect(Object.keys(annotations).sort(), alert).toEqual(["dashboard", "description", "runbook", "summary"]);
		}
	});
});

describe("an alert", () => {
	it.each(catalogue.map((alert) => [alert.name, alert] as const))(
		"%s leads to a page and a dashboard that are there",
		(_, alert: Alert) => {
			expect(runbooks).toContain(runbookOf(alert));
			const dashboard = dashboards.find(({ uid }) => uid === alert.dashboard);
			expect(dashboards.map(({ uid }) => uid)).toContain(alert.dashboard);
			if (alert.variable !== undefined)
				expect(dashboard?.templating.list.map(({ name }) => name)).toContain(alert.variable);
		},
	);

	it("that follows from another is one that there is", () => {
		const followers = catalogue.flatMap(({ follow = [] }) => follow.flatMap(({ alerts }) => alerts));
		expect(catalogue.map(({ name }) => name)).toEqual(expect.arrayContaining(followers));
	});
});

describe.each(runbooks)("%s", (path) => {
	const text = read(path);

	it("is the page of an alert, and says what is hurt, what to look at, what to do, and when to call whom", () => {
		const alert = catalogue.find((one) => runbookOf(one) === path);
		expect(text.split("\n")[0]).toBe(`# ${alert && ruleName(alert)}`);
		expect(text).toMatch(/\*\*Hurt:\*\*[\s\S]+## Look first[\s\S]+## What to do[\s\S]+## Escalate/);
	});

	it("links only to what is there", () => {
		for (const [, target = ""] of text.matchAll(/\]\(([^)]+)\)/g))
			expect(runbooks.map((page) => basename(page))).toContain(target);
	});

	it("names commands, options and panels that there are", () => {
		const { command } = createProgram(application);
		for (const [, name = "", rest = ""] of text.matchAll(/`watchrabbit ([a-z][a-z-]*)([^`]*)`/g)) {
			const known = command.commands.find((one) => one.name() === name);
			expect(known, `watchrabbit ${name}`).toBeDefined();
			if (name === "list") expect(Object.keys(listings)).toContain(rest.trim().split(" ")[0]);
			for (const [option] of rest.matchAll(/--[a-z-]+/g)) {
				expect(
					known?.options.map(({ long }) => long),
					`watchrabbit ${name} ${option}`,
				).toContain(option);
			}
		}
		const shown = dashboards.flatMap(({ panels }) => titles(panels));
		for (const [, panels = ""] of text.matchAll(/[Pp]anels? (\*[^*]+\*(?:(?: and|,)\s+\*[^*]+\*)*)/g)) {
			for (const [, title] of panels.matchAll(/\*([^*]+)\*/g)) expect(shown).toContain(title);
		}
	});
});
