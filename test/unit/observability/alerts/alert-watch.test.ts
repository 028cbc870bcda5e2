import { expect, it } from "vitest";
import type { InternalEvent } from "#domain/report.ts";
import type { Alert } from "#observability/alerts/alert.ts";
import { AlertWatch } from "#observability/alerts/alert-watch.ts";
import { now } from "#observability/alerts/expression.ts";
import { metricCatalogue } from "#observability/metric-catalogue.ts";
import { createMetrics } from "#observability/metrics.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { eventually } from "#test/support/product.ts";

/** Fires at once when the source is not well. */
const rule: Alert = {
	name: "SourceDown",
	meaning: "",
	value: "count",
	summary: () => "A source is away.",
	dashboard: "",
	levels: [{ severity: "critical", expression: now(metricCatalogue.sourceUp), forSeconds: 0 }],
};

function watching(alert: Alert, notify = async () => {}) {
	const told: InternalEvent[] = [];
	const metrics = createMetrics();
	metrics.sourceUp.set({ source: "plates" }, 0);
	const clock = new ManualClock();
	const watch = new AlertWatch({ metrics, alerts: [alert], clock, report: (event) => told.push(event), notify });
	watch.start();
	const turn = async () => {
		await eventually(
			() => clock.waiting > 0 || undefined,
			() => "the next turn is waited for",
			5_000,
		);
		await clock.advance(15_000);
		await watch.look();
	};
	return { told: () => told.map(({ event }) => event), turn, stop: () => watch.stop() };
}

it("a rule that throws is told once, until it does not, and the turns go on", async () => {
	let isBroken = true;
	const { told, turn, stop } = watching({
		...rule,
		summary: () => {
			if (isBroken) throw new TypeError("no such label");
			return "A source is away.";
		},
	});
	await turn();
	await turn();
	expect(told()).toEqual(["alerts.broken"]);
	isBroken = false;
	await turn();
	expect(told()).toEqual(["alerts.broken", "alert.firing"]);
	await stop();
});

it("who is told of alerts and throws ends nothing", async () => {
	const { told, turn, stop } = watching(rule, () => Promise.reject(new Error("no receiver")));
	await turn();
	expect(told().slice(0, 2)).toEqual(["alert.firing", "alerts.broken"]);
	await stop();
});
