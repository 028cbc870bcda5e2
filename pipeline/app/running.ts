import { hostname } from "node:os";
import { type Api, createApi, createOperations } from "#api/api.ts";
import type { Observed } from "#api/context.ts";
import type { Role } from "#cli/application.ts";
import type { CustomStage } from "#config/define-config.ts";
import type { Clock } from "#core/clock.ts";
import { permanent, type WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import type { Cache } from "#core/ports/cache.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import { WakeUp } from "#core/wake-up.ts";
import { workplaceIn } from "#domain/places.ts";
import type { Settings } from "#domain/settings.ts";
import { sinkNeighbour } from "#domain/sink-names.ts";
import { AnalysisLibrary } from "#runtime/analysis-library.ts";
import { type RoleLoad, together } from "#runtime/credits.ts";
import { Dispatch } from "#runtime/dispatch.ts";
import { FlowShares } from "#runtime/flow-shares.ts";
import { InputCache } from "#runtime/input-cache.ts";
import { Leased, type LeasedContext } from "#runtime/leased.ts";
import { Leases } from "#runtime/leases.ts";
import { Moved } from "#runtime/moved.ts";
import { persist } from "#runtime/persist.ts";
import { Retention } from "#runtime/retention.ts";
import { SinkRelay } from "#runtime/sink-relay.ts";
import { WatchRole } from "#runtime/watch-role.ts";
import { WorkRole } from "#runtime/work-role.ts";
import { createEdge, type Edge } from "./edge.ts";
import { createPools } from "./pools.ts";
import type { State } from "./state.ts";
import { takeOver } from "./take-over.ts";
import type { Workplace } from "./workplace.ts";

export interface Surroundings extends Observed {
	readonly settings: Settings;
	readonly customStages: Readonly<Record<string, CustomStage>>;
	readonly roles: readonly Role[];
	readonly state: State;
	readonly cache: Cache;
	readonly workplace: Workplace;
	readonly tracer: Tracer;
	/** This host's, by which the ledger goes; the rest goes by the catalog's. */
	readonly clock: Clock;
	readonly onBroken: (error: WatchRabbitError) => void;
}

/** Copies of archived inputs that a process keeps for the next job with the same ones. */
const cachedInputBytes = 10e9;

/** The roles of one process, wired together: the only place that knows which adapter stands behind which port. */
export class Running {
	readonly #surroundings: Surroundings;
	readonly #observed = new WakeUp();
	readonly #edge: Edge | undefined;
	readonly #watch: WatchRole | undefined;
	readonly #flow: FlowShares | undefined;
	/** What one process of all is enough for. */
	readonly #leased: readonly Leased[] = [];
	readonly #work: WorkRole | undefined;
	/** Of the role work. */
	readonly pools: readonly AnalysisPool[];
	readonly #api: Api | undefined;
	#starting: Promise<unknown> | undefined;
	readonly #ending = new AbortController();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
		const { settings, customStages, roles, state, workplace, clock, report, tracer } = surroundings;
		const { analyses, inputs, runs } = workplaceIn(workplace.directory);
		const library = new AnalysisLibrary(state.objects, analyses);
		const has = (role: Role) => roles.includes(role);
		const broken = (role: Role) => (error: WatchRabbitError) => {
			report({ event: "role.broken", role, error });
			surroundings.onBroken(error);
		};
		const common = { ...state, report, tracer };
		// Who only serves waits for nothing, and has no bell.
		const waits = has("watch") || has("flow") || has("work");
		const who = ["dispatch", "outcomes", ...[...state.sinks.keys()].map(sinkNeighbour)];
		const moved = new Moved(waits ? who : [], state.wakeUp);
		const leases = workplace.alone ? undefined : new Leases(`${hostname()}:${workplace.installation}`, common);
		if (has("watch")) {
			const observed = this.#observed;
			const watches = (source: string) => this.#watch?.watches(source) ?? false;
			this.#edge = createEdge(settings, { ...common, clock, observed, watches, onBroken: broken("watch") });
			this.#watch = new WatchRole({
				...common,
				clock,
				...this.#edge,
				leases,
				observed,
				concluded: moved.of("outcomes"),
				onBroken: broken("watch"),
			});
		}
		if (has("flow")) {
			const onBroken = broken("flow");
			this.#flow = new FlowShares({
				...common,
				settings,
				customStages,
				library,
				committed: moved,
				leases,
				graceMs: settings.graceMs,
				onBroken,
			});
			const leased = (name: string, make: LeasedContext["make"]) =>
				new Leased({ ...common, name, leases, onBroken, make });
			const work = (name: string) => ({ ...common, moved: moved.of(name), onBroken });
			this.#leased = [
				leased("dispatch", () => [new Dispatch(work("dispatch")), new Retention(work("dispatch"))]),
				...[...state.sinks].map(([name, sink]) =>
					leased(sinkNeighbour(name), () => [new SinkRelay({ ...work(sinkNeighbour(name)), name, sink })]),
				),
			];
		}
		this.pools = has("work") ? createPools(settings, workplace, report) : [];
		if (has("work")) {
			this.#work = new WorkRole({
				...common,
				library,
				archive: new InputCache(state.objects, inputs, cachedInputBytes),
				worker: `${hostname()}:${process.pid}`,
				pools: this.pools,
				pipelines: new Map(settings.pipelines.map((pipeline) => [pipeline.name, pipeline])),
				runs,
				ended: moved,
				onBroken: broken("work"),
			});
		}
		if (has("serve")) {
			this.#api = createApi({ ...surroundings, ...common });
		} else if (settings.operations !== undefined) {
			this.#api = createOperations(surroundings, settings.operations);
		}
	}

	/** Resolves when everything is at work; gives the API's address. A drain meanwhile ends it where it is. */
	start(): Promise<string | undefined> {
		const starting = this.#start();
		this.#starting = starting.catch(() => {});
		return starting;
	}

	async #start(): Promise<string | undefined> {
		const { report, roles, workplace } = this.#surroundings;
		for (const role of roles) report({ event: "role.starting", role });
		const address = await this.#api?.listen();
		if (address !== undefined) workplace.served(address);
		if (address !== undefined && !roles.includes("serve")) report({ event: "operations.served", address });
		await takeOver(this.#surroundings, this.#ending.signal);
		this.#work?.start();
		await this.#flow?.start();
		for (const leased of this.#leased) leased.start();
		await this.#watch?.start();
		if (!this.#ending.signal.aborted) for (const ingest of this.#edge?.ingests ?? []) ingest.start();
		if (!this.#ending.signal.aborted) for (const role of roles) report({ event: "role.started", role });
		return roles.includes("serve") ? address : undefined;
	}

	/** What its roles have on their way. */
	get loads(): ReadonlyMap<Role, RoleLoad> {
		const flow = this.#flow && together([...this.#flow.loads.values()]);
		const loads = { watch: this.#watch?.load, flow, work: this.#work?.load } as const;
		return new Map(Object.entries(loads).flatMap(([role, load]) => (load ? [[role as Role, load] as const] : [])));
	}

	/** By partition of the log, when the event was appended up to which all are resolved. */
	get watermarks(): ReadonlyMap<string, number | undefined> {
		return new Map([...(this.#flow?.loads ?? [])].map(([partition, { resolvedUpTo }]) => [partition, resolvedUpTo]));
	}

	/** Whether everything that is on disk has come as far as it can come now: what waits for what is `stuck` cannot. */
	async idle(signal: AbortSignal): Promise<boolean> {
		const { state, clock, report } = this.#surroundings;
		const patient = { clock, report, signal };
		for (const ingest of this.#edge?.ingests ?? []) if (!(await ingest.idle())) return false;
		if ((await persist("ledger", () => this.#watch?.idle(), patient)) === false) return false;
		if ((await persist("event log", () => this.#flow?.idle(), patient)) === false) return false;
		const stuck = [...(this.#work?.stuck.keys() ?? [])];
		const { jobs, outbox, strays } = await persist("catalog", () => state.catalog.pending(stuck), patient);
		return jobs === 0 && outbox === 0 && strays === 0;
	}

	/** Whether something is on its way: a file that is read, or more jobs than those that wait for what is away. */
	async goesOn(jobsAway: number, signal: AbortSignal): Promise<boolean> {
		const { state, clock, report } = this.#surroundings;
		if ((this.#watch?.load.inUse ?? 0) > 0) return true;
		const { jobs } = await persist("catalog", () => state.catalog.pending(), { clock, report, signal });
		return jobs > jobsAway;
	}

	/** Why something still waits when all is idle: for what only a person can bring. */
	async stuck(): Promise<WatchRabbitError | undefined> {
		const [script] = this.#flow?.stuck ?? [];
		if (script !== undefined) return scriptStillMissing(...script);
		const [pool] = this.#work?.stuck.values() ?? [];
		const { jobs } = await this.#surroundings.state.catalog.pending();
		return jobs > 0 ? pool : undefined;
	}

	/**
	 * From the front to the back, each part with what its predecessor still gave it; one that fails does not keep the others
	 * from ending. Safe while it starts, and after a start that failed.
	 */
	async drain(graceMs: number): Promise<void> {
		const { report, roles } = this.#surroundings;
		for (const role of roles) report({ event: "role.draining", role });
		this.#ending.abort();
		this.#api?.drain();
		const failures: unknown[] = [];
		for (const end of [
			() => Promise.all(this.#edge?.ingests.map((ingest) => ingest.stop()) ?? []),
			() => this.#watch?.drain(graceMs),
			() => this.#edge?.close(),
			() => this.#flow?.drain(graceMs),
			() => this.#work?.drain(graceMs),
			() => Promise.all(this.#leased.map((leased) => leased.stop())),
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

/** Waiting for it has come to an end. */
function scriptStillMissing(pipeline: string, { code, message, fix }: WatchRabbitError): WatchRabbitError {
	const details = fix === undefined ? {} : { fix };
	return permanent(code, `what has settled for the pipeline ${pipeline} waits for its analysis: ${message}`, details);
}
