import type { Clock } from "#core/clock.ts";
import { permanent, type WatchRabbitError } from "#core/errors.ts";
import { pauseOfJob } from "#domain/operation.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import type { Carrying } from "#runtime/carrying.ts";
import type { FlowShares } from "#runtime/flow-shares.ts";
import type { Paused } from "#runtime/paused.ts";
import { persist } from "#runtime/persist.ts";
import type { WatchRole } from "#runtime/watch-role.ts";
import type { WorkRole } from "#runtime/work-role.ts";
import type { Edge } from "./edge.ts";
import { heldJobs, whatIsHeldBack } from "./held-back.ts";
import type { State } from "./state.ts";

export interface AtRestContext {
	readonly settings: Settings;
	readonly state: State;
	readonly paused: Paused;
	readonly clock: Clock;
	readonly report: Report;
	/** Those that there are. */
	readonly parts: {
		readonly edge: Edge | undefined;
		readonly watch: WatchRole | undefined;
		readonly flow: FlowShares | undefined;
		readonly work: WorkRole | undefined;
		readonly carrying: readonly Carrying[];
	};
}

/** Whether there is anything left to do, for who ends then. */
export class AtRest {
	readonly #context: AtRestContext;

	constructor(context: AtRestContext) {
		this.#context = context;
	}

	/**
	 * Whether everything that is on disk has come as far as it can come now: what waits for what is `stuck`, and what is held
	 * back, cannot.
	 */
	async idle(signal: AbortSignal): Promise<boolean> {
		const { state, paused, clock, report, parts } = this.#context;
		const { edge, watch, flow, work, carrying } = parts;
		const patient = { clock, report, signal };
		for (const ingest of edge?.ingests ?? []) if (!(await ingest.idle())) return false;
		if ((await persist("ledger", () => watch?.idle(), patient)) === false) return false;
		if (!paused.drained && (await persist("event log", () => flow?.idle(), patient)) === false) return false;
		if (carrying.some(({ idle }) => !idle)) return false;
		const stuck = [...(work?.stuck.keys() ?? [])];
		const { jobs, outbox, strays } = await persist("catalog", () => state.catalog.pending(stuck), patient);
		const held = jobs === 0 ? 0 : await persist("catalog", () => this.#held(stuck), patient);
		return jobs <= held && outbox === 0 && strays === 0;
	}

	/** Whether something is on its way: a file that is read, or more jobs than those that wait for what is away. */
	async goesOn(jobsAway: readonly string[], signal: AbortSignal): Promise<boolean> {
		const { state, paused, clock, report, parts } = this.#context;
		const patient = { clock, report, signal };
		if ((parts.watch?.load.inUse ?? 0) > 0) return true;
		const { jobs } = await persist("catalog", () => state.catalog.pending(), patient);
		const away = await persist("catalog", () => Promise.all(jobsAway.map((id) => state.catalog.job(id))), patient);
		// Those that are held back as well are counted with these.
		const onlyAway = away.filter((job) => job !== undefined && pauseOfJob(paused.all, job) === undefined);
		return jobs > onlyAway.length + (await persist("catalog", () => this.#held([]), patient));
	}

	/** Why something still waits when all is idle: for what only a person can bring, or for a resume. */
	async stuck(): Promise<WatchRabbitError | undefined> {
		const { settings, state, paused, parts } = this.#context;
		const [script] = parts.flow?.stuck ?? [];
		if (script !== undefined) return scriptStillMissing(...script);
		const [pool] = parts.work?.stuck.values() ?? [];
		const { jobs } = await state.catalog.pending();
		if (jobs > 0 && pool !== undefined) return pool;
		const sources = parts.watch === undefined ? [] : settings.sources.map(({ name }) => name);
		return await whatIsHeldBack({ ...state, sources, paused });
	}

	async #held(exceptPools: readonly string[]): Promise<number> {
		const { state, paused } = this.#context;
		const held = await heldJobs(state.catalog, paused, exceptPools);
		return [...held.values()].reduce((sum, jobs) => sum + jobs, 0);
	}
}

/** Waiting for it has come to an end. */
function scriptStillMissing(pipeline: string, { code, message, fix }: WatchRabbitError): WatchRabbitError {
	const details = fix === undefined ? {} : { fix };
	return permanent(code, `what has settled for the pipeline ${pipeline} waits for its analysis: ${message}`, details);
}
