import { systemClock } from "#core/clock.ts";
import type { FileState } from "#domain/file-state.ts";
import { type JobState, jobStates } from "#domain/job.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { watchedElsewhere } from "#domain/watched-elsewhere.ts";
import { Health } from "#observability/health.ts";
import { sampleHealth } from "#observability/health-gauges.ts";
import type { LogLevels } from "#observability/log-levels.ts";
import { createMetrics, type Metrics } from "#observability/metrics.ts";
import { sampleState } from "#observability/state-gauges.ts";
import { Alerting } from "./alerting.ts";
import { Standstill } from "./standstill.ts";
import type { State } from "./state.ts";
import type { RunOptions } from "./up.ts";
import type { Workplace } from "./workplace.ts";

/** Health, metrics and log of a process. They are there before its state is, whose services have something to tell as well. */
export class Told {
	readonly health = new Health(systemClock);
	readonly metrics: Metrics = createMetrics();
	readonly levels: LogLevels;
	readonly report: Report;
	/** To be told where health is served. */
	readonly workplace: Workplace;
	readonly alerts: Alerting;
	readonly standstill = new Standstill(systemClock);
	state: State | undefined;
	/** Sources that another host watches, as the catalog said last. */
	#elsewhere: readonly string[] = [];

	constructor(settings: Settings, { observe, levels }: Pick<RunOptions, "observe" | "levels">, workplace: Workplace) {
		const { sources, pools } = settings;
		this.levels = levels;
		this.workplace = workplace;
		const names = sources.map(({ name }) => name);
		sampleHealth(this.metrics, this.health);
		sampleState(this.metrics, {
			files: () => this.#files(names),
			jobs: async () => (await this.state?.catalog.countJobs()) ?? noJobs,
			queues: async () =>
				new Map(await Promise.all(pools.map(async ({ name }) => [name, await this.#depth(name)] as const))),
		});
		const report = observe(this.health, this.metrics);
		this.report = (event) => {
			this.standstill.hear(event);
			report(event);
		};
		this.alerts = new Alerting(settings, this.metrics, this.report);
	}

	async #files(sources: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<FileState, number>>> {
		if (this.state === undefined) return new Map();
		const { ledger, clock } = this.state;
		try {
			this.#elsewhere = [...(await watchedElsewhere(this.state, sources, clock.now())).keys()];
		} catch {
			// Without the catalog nobody is given a source, and what the edge has meanwhile is to be seen.
		}
		const ours = sources.filter((source) => !this.#elsewhere.includes(source));
		return new Map(ours.map((source) => [source, ledger.counts(source)]));
	}

	async #depth(pool: string) {
		return (await this.state?.queue.depth(pool)) ?? { waiting: 0, leased: 0 };
	}
}

const noJobs = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
