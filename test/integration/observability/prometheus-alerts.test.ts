import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { defaultObjectives } from "#domain/objectives.ts";
import { type Alert, ruleName } from "#observability/alerts/alert.ts";
import { alertCatalogue } from "#observability/alerts/alert-catalogue.ts";
import { annotationsOf, labelsOf, prometheusRules } from "#observability/alerts/rules.ts";
import { shown } from "#observability/alerts/value.ts";
import { type AlertCase, alertCases } from "#test/support/alert-cases.ts";
import { outsideAlertCases } from "#test/support/outside-alert-cases.ts";
import { describeWith, requireService } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const catalogue = alertCatalogue(defaultObjectives);
const cases = [...alertCases, ...outsideAlertCases];

describeWith("promtool", "the rules for Prometheus", () => {
	const directory = temporaryDirectory();

	beforeAll(() => {
		writeFileSync(join(directory.path, "rules.yml"), stringify(prometheusRules(defaultObjectives)));
		for (const severity of ["critical", "warning", "info"]) {
			writeFileSync(join(directory.path, `${severity}.yml`), stringify(rulesOf(severity)));
		}
	});
	afterAll(() => directory.remove());

	function promtool(...args: string[]) {
		const { status, stdout, stderr } = spawnSync(requireService("promtool"), args, {
			cwd: directory.path,
			encoding: "utf8",
		});
		return { status, said: stdout + stderr };
	}

	it("pass promtool", () => {
		expect(promtool("check", "rules", "rules.yml")).toMatchObject({ status: 0 });
	});

	it.each(cases)("$alert ($severity): $when", (story) => {
		writeFileSync(join(directory.path, "test.yml"), stringify(ruleTest(story)));
		const { status, said } = promtool("test", "rules", "test.yml");
		expect(status, said).toBe(0);
	});

	it("are tested to a man: each level of each alert fires in a case, and resolves", () => {
		const levels = catalogue.flatMap(({ name, levels }) => levels.map(({ severity }) => `${name} ${severity}`));
		const fires = cases.filter(({ expected }) => {
			const [last, ...before] = Object.values(expected).reverse();
			return last?.length === 0 && before.some(({ length }) => length > 0);
		});
		expect(new Set(fires.map(({ alert, severity }) => `${alert} ${severity}`))).toEqual(new Set(levels));
	});
});

/** promtool compares all alerts of a name: what is said of other severities at that time is told by their own cases. */
function rulesOf(severity: string): object {
	const { groups } = prometheusRules(defaultObjectives) as { groups: { rules: { labels?: { severity: string } }[] }[] };
	const ofSeverity = ({ labels }: { labels?: { severity: string } }) => (labels?.severity ?? severity) === severity;
	return { groups: groups.map((group) => ({ ...group, rules: group.rules.filter(ofSeverity) })) };
}

/** What fires, and in which words. */
function ruleTest({ alert: name, severity, series, expected, step = 1 }: AlertCase): object {
	const alert = catalogue.find((one) => one.name === name) as Alert;
	const alertname = ruleName(alert);
	const ofSeverity = { alertname, ...labelsOf({ severity }) };
	const firing = Object.entries(expected).map(([minute, alerts]) => ({ eval_time: `${minute}m`, alerts }));
	return {
		rule_files: [`${severity}.yml`],
		evaluation_interval: `${step}m`,
		group_eval_order: ["watchrabbit-objectives", "watchrabbit-alerts"],
		tests: [
			{
				interval: `${step}m`,
				input_series: series.map(([metric, labels, values]) => ({ series: selector(metric.name, labels), values })),
				promql_expr_test: firing.map(({ eval_time, alerts }) => ({
					expr: selector("ALERTS", { alertname, severity, alertstate: "firing" }),
					eval_time,
					exp_samples: alerts.map(({ labels }) => ({
						labels: selector("ALERTS", { ...ofSeverity, ...labels, alertstate: "firing" }),
						value: 1,
					})),
				})),
				alert_rule_test: firing.map(({ eval_time, alerts }) => ({
					eval_time,
					alertname,
					exp_alerts: alerts.map(({ labels, value }) => ({
						exp_labels: { ...labelsOf({ severity }), ...labels },
						exp_annotations: annotationsOf(alert, {}, (label) => labels[label] ?? "", shown(alert.value, value)),
					})),
				})),
			},
		],
	};
}

function selector(name: string, labels: Readonly<Record<string, string>>): string {
	return `${name}{${Object.entries(labels)
		.map(([label, value]) => `${label}="${value}"`)
		.join(",")}}`;
}
