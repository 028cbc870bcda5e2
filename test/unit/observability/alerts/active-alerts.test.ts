import { describe, expect, it } from "vitest";
import { defaultObjectives } from "#domain/objectives.ts";
import { ActiveAlerts } from "#observability/alerts/active-alerts.ts";
import { runbookOf } from "#observability/alerts/alert.ts";
import { alertCatalogue } from "#observability/alerts/alert-catalogue.ts";
import { History } from "#observability/alerts/history.ts";
import { shown } from "#observability/alerts/value.ts";
import { metricCatalogue } from "#observability/metric-catalogue.ts";
import { type AlertCase, alertCases, valuesOf } from "#test/support/alert-cases.ts";

const catalogue = alertCatalogue(defaultObjectives);

/** What the process itself says of a case, minute by minute. */
async function play({ series, expected }: AlertCase) {
	const alerts = new ActiveAlerts(catalogue);
	const history = new History(alerts.reads);
	const told = series.map(([metric, labels, values]) => ({ metric, labels, values: valuesOf(values) }));
	const minutes = [];
	for (let minute = 0; minute <= Math.max(...Object.keys(expected).map(Number)); minute++) {
		const samples = Map.groupBy(
			told.flatMap(({ metric, labels, values }) => {
				const value = values[minute];
				return value === undefined ? [] : [{ metric: metric.name, labels, value }];
			}),
			({ metric }) => metric,
		);
		history.add(minute * 60, minute * 60, samples);
		const turn = await alerts.judge(history, minute * 60);
		minutes.push({ ...turn, all: alerts.all });
	}
	return minutes;
}

describe("a process that evaluates its alerts itself", () => {
	it.each(alertCases.filter(({ outside }) => outside === undefined))("$alert ($severity): $when", async (story) => {
		const alert = catalogue.find(({ name }) => name === story.alert);
		const minutes = await play(story);
		for (const [minute, firing] of Object.entries(story.expected)) {
			const now = minutes[Number(minute)]?.all.filter(
				({ name, state, severity }) =>
					name === `WatchRabbit${story.alert}` && state === "firing" && severity === story.severity,
			);
			expect(
				now?.map(({ labels, annotations }) => ({ labels, annotations })),
				`after ${minute} minutes`,
			).toEqual(
				firing.map(({ labels, value }) => ({
					labels: {
						alertname: `WatchRabbit${story.alert}`,
						severity: story.severity,
						product: "watchrabbit",
						...labels,
					},
					annotations: expect.objectContaining({
						summary: alert?.summary({ label: (name) => labels[name] ?? "", value: shown(alert.value, value) }),
						runbook: alert && runbookOf(alert),
					}),
				})),
			);
		}
	});

	it("tells of each once when it begins to fire, and once when it is over", async () => {
		const story = alertCases.find(({ alert }) => alert === "SourceDown") as AlertCase;
		const minutes = await play(story);
		const turns = minutes.flatMap(({ fired, resolved }, minute) => [
			...fired.map(({ labels }) => `${minute}: ${labels.source} fires`),
			...resolved.map(({ labels }) => `${minute}: ${labels.source} is over`),
		]);
		expect(turns).toEqual(["7: plates fires", "10: plates is over"]);
		expect(minutes[6]?.all).toMatchObject([{ state: "pending", since: 300_000 }, { state: "pending" }].slice(0, 1));
	});

	it("computes what many conditions ask once a turn, and lets others have theirs in between", async () => {
		const alerts = new ActiveAlerts(catalogue);
		const asked: string[] = [];
		const numbers = {
			now: 0,
			at: (metric: string, secondsAgo: number) => {
				asked.push(`${metric} ${secondsAgo} s ago`);
				return [{ labels: { pipeline: "elisa", state: "queued" }, value: 1 }];
			},
			within: () => [],
		};
		let turns = 0;
		let counting = setImmediate(function count() {
			turns++;
			counting = setImmediate(count);
		});
		await alerts.judge(numbers, 0);
		clearImmediate(counting);
		const backlog = `${metricCatalogue.pipelineJobs.name} 0 s ago`;
		expect(asked.filter((one) => one === backlog)).toHaveLength(1);
		const inside = catalogue
			.flatMap(({ levels }) => levels)
			.filter(({ expression }) => expression.evaluate !== undefined);
		expect(turns).toBeGreaterThanOrEqual(inside.length - 1);
		await alerts.judge(numbers, 15);
		expect(asked.filter((one) => one === backlog)).toHaveLength(2);
	});
});
