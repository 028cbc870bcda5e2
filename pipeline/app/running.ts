import { hostname } from "node:os";
import { type Api, createOperations } from "#api/api.ts";
import type { Known, Observed } from "#api/context.ts";
import type { Role } from "#cli/application.ts";
import type { CustomStage } from "#config/define-config.ts";
import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import type { Cache } from "#core/ports/cache.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import { WakeUp } from "#core/wake-up.ts";
import { workplaceIn } from "#domain/places.ts";
import type { Settings } from "#domain/settings.ts";
import { sinkNeighbour } from "#domain/sink-names.ts";
import { AnalysisLibrary } from "#runtime/analysis-library.ts";
import type { Carrying } from "#runtime/carrying.ts";
import { type RoleLoad, together } from "#runtime/credits.ts";
import { Dispatch } from "#runtime/dispatch.ts";
import { FlowShares } from "#runtime/flow-shares.ts";
import { InputCache } from "#runtime/input-cache.ts";
import { Leased, type LeasedContext } from "#runtime/leased.ts";
import { Leases } from "#runtime/leases.ts";
import { Moved } from "#runtime/moved.ts";
import { Paused } from "#runtime/paused.ts";
import { Retention } from "#runtime/retention.ts";
import { SinkRelay } from "#runtime/sink-relay.ts";
import { WatchRole } from "#runtime/watch-role.ts";
import { WorkRole } from "#runtime/work-role.ts";
import { AtRest } from "./at-rest.ts";
import { carryingAtEdge, carryingHere, carryingInFlow } from "./carriers.ts";
import { createEdge, type Edge } from "./edge.ts";
import { createPools } from "./pools.ts";
import { askedBell, bellsOf, createServing, liveBell } from "./serving.ts";
import type { State } from "./state.ts";
import { takeOver } from "./take-over.ts";
import type { Workplace } from "./workplace.ts";

export interface Surroundings extends Observed, Pick<Known, "identify"> {
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
	readonly #paused: Paused;
	/** Of what people ask for, what is this process's alone to do. */
	readonly #carrying: Carrying[] = [];
	readonly rest: AtRest;
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
		// Who only serves waits for nothing, and has no bell until somebody follows what happens.
		const waits = has("watch") || has("flow") || has("work");
		const { operations } = state.catalog;
		const asked = waits ? state.wakeUp(askedBell) : new WakeUp();
		const worker = `${hostname()}:${process.pid}`;
		const { clock: judge } = state;
		const paused = new Paused({
			operations,
			process: worker,
			asked,
			clock: judge,
			report,
			onBroken: surroundings.onBroken,
		});
		this.#paused = paused;
		const common = { ...state, report, tracer, paused };
		const who = ["dispatch", "outcomes", liveBell, ...[...state.sinks.keys()].map(sinkNeighbour)];
		const moved = new Moved(waits ? who : [], state.wakeUp);
		const leases = workplace.alone ? undefined : new Leases(`${hostname()}:${workplace.installation}`, common);
		if (has("watch")) {
			const observed = this.#observed;
			const watches = (source: string) => this.#watch?.watches(source) ?? false;
			const serves = has("serve");
			this.#edge = createEdge(settings, { ...common, clock, observed, watches, serves, onBroken: broken("watch") });
			this.#watch = new WatchRole({
				...common,
				clock,
				...this.#edge,
				leases,
				observed,
				concluded: moved.of("outcomes"),
				onBroken: broken("watch"),
			});
			const edge = { ...this.#edge, ledger: state.ledger, clock, observed };
			this.#carrying.push(...carryingAtEdge({ ...common, onBroken: broken("watch") }, edge, watches));
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
			const carrying = () => carryingInFlow({ ...common, onBroken }, settings, moved);
			const work = (name: string) => ({ ...common, moved: moved.of(name), onBroken });
			this.#leased = [
				leased("operations", carrying),
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
				worker,
				pools: this.pools,
				pipelines: new Map(settings.pipelines.map((pipeline) => [pipeline.name, pipeline])),
				runs,
				ended: moved,
				onBroken: broken("work"),
			});
		}
		this.#carrying.push(carryingHere({ ...common, onBroken: surroundings.onBroken }, worker, () => this.#inHand));
		this.rest = new AtRest({
			...surroundings,
			paused,
			parts: { edge: this.#edge, watch: this.#watch, flow: this.#flow, work: this.#work, carrying: this.#carrying },
		});
		if (has("serve")) {
			const bells = waits ? { asked: () => asked, live: () => moved.of(liveBell) } : bellsOf(state);
			this.#api = createServing(surroundings, { library, judge, ...bells, inlets: this.#edge?.inlets });
		} else if (settings.operations !== undefined) {
			this.#api = createOperations(surroundings, { ...settings.http, ...settings.operations });
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
		await this.#paused.start();
		this.#work?.start();
		await this.#flow?.start();
		for (const leased of this.#leased) leased.start();
		for (const carrying of this.#carrying) carrying.start();
		await this.#watch?.start();
		if (!this.#ending.signal.aborted) for (const ingest of this.#edge?.ingests ?? []) ingest.start();
		if (!this.#ending.signal.aborted) for (const role of roles) report({ event: "role.started", role });
		return roles.includes("serve") ? address : undefined;
	}

	/** Of what is to become jobs, and of jobs: what is held back at the edge is in its ledger. */
	get #inHand(): number {
		return (this.loads.get("flow")?.inUse ?? 0) + (this.loads.get("work")?.inUse ?? 0);
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
			() => Promise.all(this.#carrying.map((carrying) => carrying.stop())),
			() => Promise.all(this.#edge?.ingests.map((ingest) => ingest.stop()) ?? []),
			() => this.#watch?.drain(graceMs),
			() => this.#edge?.close(),
			() => this.#flow?.drain(graceMs),
			() => this.#work?.drain(graceMs),
			() => Promise.all([...this.#leased, this.#paused].map((task) => task.stop())),
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
