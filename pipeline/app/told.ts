import { systemClock } from "#core/clock.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { beginAtZero } from "#observability/begin-at-zero.ts";
import { Health } from "#observability/health.ts";
import { sampleHealth } from "#observability/health-gauges.ts";
import type { LogLevels } from "#observability/log-levels.ts";
import { createMetrics, type Metrics } from "#observability/metrics.ts";
import { Alerting } from "./alerting.ts";
import { PeerCertificates } from "./peer-certificates.ts";
import { Samplers } from "./samplers.ts";
import { Standstill } from "./standstill.ts";
import { tracesWanted } from "./tracing.ts";
import type { RunOptions } from "./up.ts";
import type { Workplace } from "./workplace.ts";

/** Health, metrics and log of a process. They are there before its state is, whose services have something to tell as well. */
export class Told {
	readonly health = new Health(systemClock);
	readonly metrics: Metrics;
	readonly levels: LogLevels;
	readonly report: Report;
	/** To be told where health is served. */
	readonly workplace: Workplace;
	readonly alerts: Alerting;
	readonly standstill = new Standstill(systemClock);
	readonly samplers: Samplers;
	readonly certificates: PeerCertificates;

	constructor(
		settings: Settings,
		{ observe, levels, roles }: Pick<RunOptions, "observe" | "levels" | "roles">,
		workplace: Workplace,
	) {
		this.metrics = createMetrics({
			resultWithinMs: settings.objectives.result.withinMs,
			traces: tracesWanted(settings) !== undefined,
		});
		this.levels = levels;
		this.workplace = workplace;
		sampleHealth(this.metrics, this.health);
		beginAtZero(this.metrics, settings);
		this.certificates = new PeerCertificates(settings, roles);
		this.samplers = new Samplers(settings, this.metrics, roles, this.certificates);
		const report = observe(this.health, this.metrics);
		this.report = (event) => {
			this.standstill.hear(event);
			report(event);
		};
		this.alerts = new Alerting(settings, this.metrics, this.report, roles);
	}
}
