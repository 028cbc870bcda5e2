import type { Clock } from "#core/clock.ts";
import { asWatchRabbitError } from "#core/errors.ts";
import type { Report } from "#domain/report.ts";
import { takeSamples } from "../expose.ts";
import type { Metrics } from "../metrics.ts";
import { type ActiveAlert, ActiveAlerts, type Turn } from "./active-alerts.ts";
import type { Alert } from "./alert.ts";
import type { Sample } from "./expression.ts";
import { History } from "./history.ts";

/** As often as Prometheus usually asks. */
const everyMs = 15_000;

export interface AlertWatchOptions {
	readonly metrics: Metrics;
	readonly alerts: readonly Alert[];
	readonly clock: Clock;
	readonly report: Report;
	/** Is not waited for. */
	readonly notify: (firing: readonly ActiveAlert[], turn: Turn) => Promise<void>;
}

/** Evaluates the alerts over the numbers of this process alone: a single machine has them without Prometheus. */
export class AlertWatch {
	readonly #options: AlertWatchOptions;
	readonly #alerts: ActiveAlerts;
	readonly #history: History;
	#turning = Promise.resolve();
	#stopped = false;
	#isBroken = false;
	#cancel = () => {};

	constructor(options: AlertWatchOptions) {
		this.#options = options;
		this.#alerts = new ActiveAlerts(options.alerts);
		this.#history = new History(this.#alerts.reads);
	}

	get active(): readonly ActiveAlert[] {
		return this.#alerts.all;
	}

	start(): void {
		this.#cancel = this.#options.clock.after(everyMs, () => {
			void this.look().then(() => {
				if (!this.#stopped) this.start();
			});
		});
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		this.#cancel();
		await this.#turning;
	}

	/** Once, at how things are, and after the look that is under way. Never rejects: work goes on without alerts. */
	look(): Promise<void> {
		this.#turning = this.#turning.then(async () => {
			try {
				await this.#turn();
				this.#isBroken = false;
			} catch (thrown) {
				this.#broken(thrown);
			}
		});
		return this.#turning;
	}

	async #turn(): Promise<void> {
		const { metrics, clock, report, notify } = this.#options;
		await takeSamples(metrics);
		const at = clock.monotonic() / 1000;
		this.#history.add(clock.now() / 1000, at, await samplesOf(metrics, this.#history.metrics));
		const turn = await this.#alerts.judge(this.#history, at);
		for (const alert of turn.fired) report({ event: "alert.firing", ...told(alert) });
		for (const alert of turn.resolved) report({ event: "alert.resolved", ...told(alert) });
		const firing = this.active.filter(({ state }) => state === "firing");
		metrics.alerts.reset();
		for (const { name, severity } of firing) metrics.alerts.set({ alert: name, severity }, 1);
		notify(firing, turn).catch((thrown) => this.#broken(thrown));
	}

	/** Told once, until all is well again. */
	#broken(thrown: unknown): void {
		if (this.#isBroken) return;
		this.#isBroken = true;
		try {
			this.#options.report({ event: "alerts.broken", error: asWatchRabbitError(thrown) });
		} catch {
			// What cannot be told is all that is lost.
		}
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
