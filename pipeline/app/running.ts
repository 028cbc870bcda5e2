import { mkdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Api, createApi } from "#api/api.ts";
import type { Role } from "#cli/application.ts";
import type { CustomStage } from "#config/define-config.ts";
import { temporaryDirectory } from "#connectors/file/object-key.ts";
import { MemoryCache } from "#connectors/memory/cache.ts";
import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import { WakeUp } from "#core/wake-up.ts";
import { placesIn } from "#domain/places.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import type { Health } from "#observability/health.ts";
import type { Metrics } from "#observability/metrics.ts";
import { AnalysisLibrary } from "#runtime/analysis-library.ts";
import { Dispatch } from "#runtime/dispatch.ts";
import { FlowRole } from "#runtime/flow-role.ts";
import { WatchRole } from "#runtime/watch-role.ts";
import { WorkRole } from "#runtime/work-role.ts";
import { createEdge, type Edge } from "./edge.ts";
import { createPools } from "./pools.ts";
import type { State } from "./state.ts";

export interface Surroundings {
	readonly settings: Settings;
	readonly customStages: Readonly<Record<string, CustomStage>>;
	readonly roles: readonly Role[];
	readonly state: State;
	readonly clock: Clock;
	readonly report: Report;
	readonly metrics: Metrics;
	readonly health: Health;
	readonly onBroken: (error: WatchRabbitError) => void;
}

/** The roles of one process, wired together: the only place that knows which adapter stands behind which port. */
export class Running {
	readonly #surroundings: Surroundings;
	readonly #observed = new WakeUp();
	readonly #moved = new WakeUp();
	readonly #edge: Edge | undefined;
	readonly #watch: WatchRole | undefined;
	readonly #flow: FlowRole | undefined;
	readonly #dispatch: Dispatch | undefined;
	readonly #work: WorkRole | undefined;
	readonly #api: Api | undefined;
	#starting: Promise<unknown> | undefined;
	#draining = false;

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
		const { settings, customStages, roles, state, clock, report, metrics, health } = surroundings;
		const places = placesIn(settings.data);
		const library = new AnalysisLibrary(state.objects, places.analyses);
		const has = (role: Role) => roles.includes(role);
		const broken = (role: Role) => (error: WatchRabbitError) => {
			report({ event: "role.broken", role, error });
			surroundings.onBroken(error);
		};
		const common = { ...state, clock, report };
		if (has("watch")) {
			const observed = this.#observed;
			this.#edge = createEdge(settings, { ...common, observed });
			this.#watch = new WatchRole({ ...common, ...this.#edge, observed, onBroken: broken("watch") });
		}
		if (has("flow")) {
			const onBroken = broken("flow");
			this.#flow = new FlowRole({ ...common, settings, customStages, library, committed: this.#moved, onBroken });
			this.#dispatch = new Dispatch({ ...common, moved: this.#moved, onBroken });
		}
		if (has("work")) {
			this.#work = new WorkRole({
				...common,
				library,
				worker: `${hostname()}:${process.pid}`,
				pools: createPools(settings, report),
				pipelines: new Map(settings.pipelines.map((pipeline) => [pipeline.name, pipeline])),
				runs: places.runs,
				ended: this.#moved,
				onBroken: broken("work"),
			});
		}
		if (has("serve")) {
			this.#api = createApi({ ...common, settings, metrics, health, cache: new MemoryCache() });
		}
	}

	/** Resolves when everything is at work; gives the API's address. A drain meanwhile ends it where it is. */
	start(): Promise<string | undefined> {
		const starting = this.#start();
		this.#starting = starting.catch(() => {});
		return starting;
	}

	async #start(): Promise<string | undefined> {
		const { report, roles } = this.#surroundings;
		for (const role of roles) report({ event: "role.starting", role });
		const address = await this.#api?.listen();
		await this.#takeOver();
		this.#work?.start();
		await this.#flow?.start();
		this.#dispatch?.start();
		await this.#watch?.start();
		if (!this.#draining) for (const role of roles) report({ event: "role.started", role });
		return address;
	}

	/** What a killed process left: nobody else works in this data directory while we hold its lock. */
	async #takeOver(): Promise<void> {
		const { settings, state, clock } = this.#surroundings;
		const { runs, pools, analyses, objects } = placesIn(settings.data);
		for (const directory of [runs, pools, analyses, join(objects, temporaryDirectory)]) await emptied(directory);
		await state.catalog.endLeases(clock.now());
		await state.catalog.useSettings(settings.pipelines);
		await state.catalog.requeueAll(clock.now());
	}

	/**
	 * Whether everything that is on disk has come as far as it can come now.
	 * @throws WatchRabbitError why a pool does not start, when nothing is left but jobs that wait for it
	 */
	async idle(): Promise<boolean> {
		if (this.#watch?.idle === false) return false;
		if (this.#flow !== undefined && !(await this.#flow.idle())) return false;
		const { jobs, outbox, strays } = await this.#surroundings.state.catalog.pending();
		if (jobs > 0 && outbox === 0) await this.#refuseToWaitForPools(jobs);
		return jobs === 0 && outbox === 0 && strays === 0;
	}

	async #refuseToWaitForPools(jobs: number): Promise<void> {
		const stuck = this.#work?.stuck ?? new Map<string, WatchRabbitError>();
		const { queue } = this.#surroundings.state;
		const depths = await Promise.all([...stuck.keys()].map((pool) => queue.depth(pool)));
		const [error] = stuck.values();
		if (error !== undefined && depths.reduce((sum, { waiting }) => sum + waiting, 0) >= jobs) throw error;
	}

	/**
	 * From the front to the back, each part with what its predecessor still gave it; one that fails does not keep the others
	 * from ending. Safe while it starts, and after a start that failed.
	 */
	async drain(graceMs: number): Promise<void> {
		const { report, roles } = this.#surroundings;
		for (const role of roles) report({ event: "role.draining", role });
		this.#draining = true;
		this.#api?.drain();
		const failures: unknown[] = [];
		for (const end of [
			() => this.#watch?.drain(graceMs),
			() => this.#edge?.close(),
			() => this.#flow?.drain(graceMs),
			() => this.#work?.drain(graceMs),
			() => this.#dispatch?.stop(),
			() => this.#api?.close(graceMs),
			() => this.#starting,
		]) {
			try {
				await end();
			} catch (thrown) {
				failures.push(thrown);
			}
		}
		for (const role of roles) report({ event: "role.ended", role });
		if (failures.length > 0) throw failures[0];
	}
}

/** What a killed process left in it belongs to nobody. */
async function emptied(directory: string): Promise<void> {
	await rm(directory, { recursive: true, force: true });
	await mkdir(directory, { recursive: true });
}
