import { asWatchRabbitError, WatchRabbitError } from "#core/errors.ts";
import type { Arrival, IntakeCatalog, JobPlan } from "#core/ports/catalog.ts";
import type { Acquisition } from "#domain/acquisition.ts";
import { analysisRoom } from "#domain/grouping.ts";
import type { PipelineSettings, Settings } from "#domain/settings.ts";
import type { AnalysisLibrary } from "./analysis-library.ts";
import type { Due } from "./arriving.ts";
import { type PersistContext, pause, persist } from "./persist.ts";
import { planJob } from "./plan.ts";

export interface PlanningContext extends Pick<PersistContext, "clock" | "report"> {
	readonly settings: Settings;
	readonly library: AnalysisLibrary;
	readonly catalog: Pick<IntakeCatalog, "room">;
}

/** How soon it is seen that an analysis is back. */
const lookEveryMs = 1_000;
const takenAtOnce = 200;

type Unplanned = Pick<Arrival, "event" | "acquisition">;

/** Some wait in the pipeline's room, or may; why, once it was looked for. */
interface Wait {
	readonly cause: WatchRabbitError | undefined;
}

const unknown = (): Wait => ({ cause: undefined });

/**
 * Makes the plans of the jobs. An acquisition whose analysis cannot be read is taken in without that plan, and waits as a
 * row of the pipeline's room until it can: any number of them, over restarts, and nobody else waits with them.
 */
export class Planning {
	readonly #context: PlanningContext;
	/** By pipeline. */
	readonly #waits: Map<string, Wait>;
	/** Pipelines whose analysis could not be read when it was last asked for. */
	readonly #troubled = new Set<string>();

	constructor(context: PlanningContext) {
		this.#context = context;
		this.#waits = new Map(context.settings.pipelines.map(({ name }) => [name, unknown()]));
	}

	/** Whether it was looked for all that wait, and what can be taken in was. */
	get idle(): boolean {
		return [...this.#waits.values()].every(({ cause }) => cause !== undefined);
	}

	/** Why acquisitions wait, by their pipelines. */
	get stuck(): ReadonlyMap<string, WatchRabbitError> {
		return new Map([...this.#waits].flatMap(([name, { cause }]) => (cause === undefined ? [] : [[name, cause]])));
	}

	async arrivalOf({ arriving, pipelines, note, waits, awaits = [] }: Due): Promise<Arrival> {
		const { event, acquisition, departs } = arriving;
		const plans: JobPlan[] = [];
		const enters: string[] = [];
		for (const pipeline of pipelines) {
			const plan = await this.#plan(pipeline, acquisition);
			if (plan instanceof WatchRabbitError) enters.push(analysisRoom(pipeline.name));
			else plans.push(plan);
		}
		return {
			event,
			acquisition,
			plans,
			...(note === undefined ? {} : { note }),
			...(departs === undefined ? {} : { departs }),
			...(waits || enters.length > 0 ? { waits: true } : {}),
			...(awaits.length === 0 ? {} : { awaits }),
			...(enters.length === 0 ? {} : { enters }),
		};
	}

	/** To be told of what was committed: from now on it is looked for. */
	committed(arrivals: readonly Arrival[]): void {
		const rooms = new Set(arrivals.flatMap(({ enters = [] }) => enters));
		if (rooms.size === 0) return;
		for (const { name } of this.#context.settings.pipelines) {
			if (rooms.has(analysisRoom(name))) this.#waits.set(name, unknown());
		}
	}

	/** Takes in what waits, as soon as its analysis can be read. */
	async follow(commit: (arrivals: readonly Arrival[]) => Promise<void>, signal: AbortSignal): Promise<void> {
		const { settings, clock } = this.#context;
		while (!signal.aborted) {
			for (const pipeline of settings.pipelines) {
				if (this.#waits.has(pipeline.name)) await this.#takeIn(pipeline, commit, signal);
			}
			await pause(lookEveryMs, { clock, signal });
		}
	}

	async #takeIn(
		pipeline: PipelineSettings,
		commit: (arrivals: readonly Arrival[]) => Promise<void>,
		signal: AbortSignal,
	): Promise<void> {
		const { catalog, clock, report } = this.#context;
		const room = analysisRoom(pipeline.name);
		while (!signal.aborted) {
			const wait = this.#waits.get(pipeline.name);
			const due = () => catalog.room<Unplanned>(room).due(clock.now(), takenAtOnce);
			const waiting = (await persist("catalog", due, { clock, report, signal })).flat();
			// One that came while we looked is looked for again.
			if (waiting.length === 0 && this.#waits.get(pipeline.name) === wait) this.#waits.delete(pipeline.name);
			if (waiting.length === 0) return;
			const arrivals: Arrival[] = [];
			for (const { key, id, value } of waiting) {
				const plan = await this.#plan(pipeline, value.acquisition);
				if (plan instanceof WatchRabbitError) {
					this.#waits.set(pipeline.name, { cause: plan });
					return;
				}
				arrivals.push({ ...value, plans: [plan], waits: true, departs: { room, key, ids: [id] } });
			}
			await commit(arrivals);
		}
	}

	async #plan(pipeline: PipelineSettings, acquisition: Acquisition): Promise<JobPlan | WatchRabbitError> {
		const { library, report } = this.#context;
		const { name, analysis } = pipeline;
		try {
			const plan = await planJob(pipeline, acquisition, library);
			if (this.#troubled.delete(name)) report({ event: "pipeline.ready", pipeline: name, analysis: analysis.file });
			return plan;
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			if (!this.#troubled.has(name)) report({ event: "pipeline.trouble", pipeline: name, error });
			this.#troubled.add(name);
			return error;
		}
	}
}
