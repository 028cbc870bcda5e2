import type { Clock } from "#core/clock.ts";
import type { Objectives } from "#domain/objectives.ts";
import type { Report } from "#domain/report.ts";
import { takeSamples } from "../expose.ts";
import type { Metrics } from "../metrics.ts";
import { type ActiveAlert, ActiveAlerts, type Turn } from "./active-alerts.ts";
import { alertCatalogue } from "./alert-catalogue.ts";
import type { Sample } from "./expression.ts";
import { History } from "./history.ts";

/** As often as Prometheus usually asks. */
const everyMs = 15_000;

export interface AlertWatchOptions {
	readonly metrics: Metrics;
	readonly objectives: Objectives;
	readonly clock: Clock;
	readonly report: Report;
	readonly notify: (firing: readonly ActiveAlert[], turn: Turn) => void;
}

/** Evaluates the alerts over the numbers of this process alone: a single machine has them without Prometheus. */
export class AlertWatch {
	readonly #options: AlertWatchOptions;
	readonly #alerts: ActiveAlerts;
	readonly #history: History;
	#turning: Promise<void> | undefined;
	#stopped = false;
	#cancel = () => {};

	constructor(options: AlertWatchOptions) {
		this.#options = options;
		this.#alerts = new ActiveAlerts(alertCatalogue(options.objectives));
		this.#history = new History(this.#alerts.reads);
	}

	get active(): readonly ActiveAlert[] {
		return this.#alerts.all;
	}

	start(): void {
		this.#cancel = this.#options.clock.after(everyMs, () => {
			this.#turning = this.look().finally(() => {
				if (!this.#stopped) this.start();
			});
		});
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		this.#cancel();
		await this.#turning;
	}

	/** Once, at how things are. */
	async look(): Promise<void> {
		const { metrics, clock, report, notify } = this.#options;
		await takeSamples(metrics);
		const at = clock.monotonic() / 1000;
		this.#history.add(clock.now() / 1000, at, await samplesOf(metrics, this.#history.metrics));
		const turn = this.#alerts.judge(this.#history, at);
		for (const alert of turn.fired) report({ event: "alert.firing", ...told(alert) });
		for (const alert of turn.resolved) report({ event: "alert.resolved", ...told(alert) });
		const firing = this.active.filter(({ state }) => state === "firing");
		metrics.alerts.reset();
		for (const { name, severity } of firing) metrics.alerts.set({ alert: name, severity }, 1);
		notify(firing, turn);
	}
}

function told({ name, severity, labels, annotations: { summary, runbook } }: ActiveAlert) {
	return { alert: name, severity, labels, summary, runbook };
}

async function samplesOf({ registry }: Metrics, names: Iterable<string>): Promise<Map<string, readonly Sample[]>> {
	const samples = new Map<string, readonly Sample[]>();
	for (const name of names) {
		// The registry knows a counter by its name in OpenMetrics.
		const metric = registry.getSingleMetric(name) ?? registry.getSingleMetric(name.replace(/_total$/, ""));
		const { values = [] } = (await metric?.get()) ?? {};
		samples.set(
			name,
			values.map(({ labels, value }) => ({ labels: textual(labels), value })),
		);
	}
	return samples;
}

function textual(labels: Partial<Record<string, string | number>>): Record<string, string> {
	return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}
