import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { map } from "rxjs";
import { type Clock, systemClock } from "#core/clock.ts";
import { carry } from "#core/envelope.ts";
import type { IntakeCatalog } from "#core/ports/catalog.ts";
import { type Tracer, untraced } from "#core/ports/tracer.ts";
import type { Stage } from "#core/stage.ts";
import type { Trace } from "#core/trace.ts";
import { WakeUp } from "#core/wake-up.ts";
import { openAccess } from "#domain/access-settings.ts";
import type { Acquisition } from "#domain/acquisition.ts";
import { quietAlerts } from "#domain/alert-settings.ts";
import { defaultObjectives } from "#domain/objectives.ts";
import type { PipelineSettings, Settings, SourceSettings, StageSettings } from "#domain/settings.ts";
import { AnalysisLibrary } from "#runtime/analysis-library.ts";
import type { Arriving } from "#runtime/arriving.ts";
import { type FlowContext, FlowRole } from "#runtime/flow-role.ts";
import { acquisition, traceparent } from "./acquisitions.ts";
import { embedded, loopback } from "./embedded.ts";
import { nothingPaused } from "./nothing-paused.ts";
import { Spine, until } from "./spine.ts";

/** The flow's part of a catalog, but for some of it. */
export function intakeOf(catalog: IntakeCatalog, changes: Partial<IntakeCatalog>): IntakeCatalog {
	return {
		offset: (log) => catalog.offset(log),
		position: (log) => catalog.position(log),
		beginLog: (...given) => catalog.beginLog(...given),
		commitIntake: (intake) => catalog.commitIntake(intake),
		room: (name) => catalog.room(name),
		shift: (byMs) => catalog.shift(byMs),
		reject: (rejection) => catalog.reject(rejection),
		...changes,
	};
}

/** A flow role over the embedded state: what is published goes into its log, and jobs come out in its catalog. */
export class FlowLab {
	readonly spine: Spine;
	readonly settings: Settings;
	readonly library: AnalysisLibrary;
	clock: Clock = systemClock;
	tracer: Tracer = untraced;
	paused: FlowContext["paused"] = nothingPaused;
	#role: FlowRole | undefined;
	#events = 0;

	private constructor(spine: Spine, pipelines: Readonly<Record<string, readonly StageSettings[]>>, group?: GroupOf) {
		this.spine = spine;
		this.library = new AnalysisLibrary(spine.objects, join(spine.path, "analyses"));
		mkdirSync(join(spine.path, "scripts"));
		const source = { ...sourceSettings, ...(group === undefined ? {} : { acquisition: "group" as const, group }) };
		this.settings = {
			file: undefined,
			data: spine.path,
			http: loopback,
			operations: undefined,
			telemetry: { traces: undefined, logs: undefined },
			objectives: defaultObjectives,
			alerts: quietAlerts,
			projects: [],
			access: openAccess,
			graceMs: 10_000,
			services: embedded,
			sources: [source],
			pipelines: Object.entries(pipelines).map(([name, stages]) => this.#pipeline(name, stages)),
			pools: [],
		};
	}

	static async open(pipelines: Readonly<Record<string, readonly StageSettings[]>>, group?: GroupOf): Promise<FlowLab> {
		return new FlowLab(await Spine.open(), pipelines, group);
	}

	script(pipeline: string): string {
		return join(this.spine.path, "scripts", `${pipeline}.R`);
	}

	async start(catalog: IntakeCatalog = this.spine.catalog): Promise<FlowRole> {
		const { log, queue, report, onBroken } = this.spine;
		const { settings, library } = this;
		const context = {
			settings,
			customStages: { shout },
			catalog,
			log,
			queue,
			library,
			clock: this.clock,
			isHome: () => true,
			paused: this.paused,
			report,
			tracer: this.tracer,
			onBroken,
		};
		this.#role = new FlowRole({ ...context, committed: new WakeUp() });
		await this.#role.start();
		return this.#role;
	}

	/** As if the role had been killed before it could write down how far it had come: it reads the whole log again. */
	async restartFromTheBeginning(): Promise<void> {
		await this.stop();
		const { catalog } = this.spine;
		await this.start(intakeOf(catalog, { position: async () => undefined }));
		await this.idle();
	}

	/** Ends the role as a restart does. */
	async stop(): Promise<void> {
		await this.#role?.drain(5_000);
		this.#role = undefined;
	}

	async close(): Promise<void> {
		await this.stop();
		await this.spine.close();
	}

	async publish(...keys: readonly string[]): Promise<void> {
		for (const key of keys) await this.publishOne(acquisition(key, key));
	}

	async publishOne(of: Acquisition, id = `event-${++this.#events}`, trace: Trace = { traceparent }): Promise<void> {
		const body = { id, type: "file.settled", version: 1, acquisition: of, root: "/instruments", ...trace };
		await this.spine.log.append([{ id, key: of.key, body: JSON.stringify(body), ...trace }]);
	}

	/** When all that is in the log is resolved. */
	async idle(): Promise<void> {
		await until("the flow is idle", async () => (await this.#role?.idle()) === true);
	}

	/** Jobs as "pipeline: key of the acquisition that it was made for", in order. */
	async jobs(): Promise<string[]> {
		const { catalog } = this.spine;
		const { items } = await catalog.jobs({ limit: 200, order: "asc", filter: {} });
		const named = items.map(async (job) => `${job.pipeline}: ${(await catalog.acquisition(job.acquisition))?.key}`);
		return (await Promise.all(named)).sort();
	}

	/** What the batches are made of, in order of their making. */
	async batches(): Promise<string[]> {
		const { items } = await this.spine.catalog.acquisitions({ limit: 200, order: "asc", filter: {} });
		const batches = items.filter(({ kind }) => kind === "batch");
		return batches.map(({ members }) => members.map(({ path }) => path).join(" "));
	}

	async jobsBecome(expected: readonly string[]): Promise<void> {
		const wanted = JSON.stringify([...expected].sort());
		let last = "";
		await until(`the jobs are ${wanted}`, async () => {
			last = JSON.stringify(await this.jobs());
			return last === wanted;
		}).catch((cause: unknown) => {
			throw new Error(`the jobs are ${last}, not ${wanted}`, { cause });
		});
	}

	#pipeline(name: string, stages: readonly StageSettings[]): PipelineSettings {
		writeFileSync(this.script(name), `# ${name}\n`);
		return {
			name,
			from: "plates",
			stages,
			analysis: { file: this.script(name), files: [] },
			params: {},
			pool: "default",
			timeoutMs: 60_000,
			priority: 4,
			retry: { attempts: 3, backoffMs: 1_000, maxBackoffMs: 60_000 },
			retryOn: [],
		};
	}
}

type GroupOf = NonNullable<SourceSettings["group"]>;

/** A stage of a lab's own. */
const shout: Stage<Arriving> = map((envelope) =>
	carry(envelope, {
		...envelope.value,
		acquisition: { ...envelope.value.acquisition, captures: { shouted: envelope.value.acquisition.key.toUpperCase() } },
	}),
);

const sourceSettings: SourceSettings = {
	name: "plates",
	watch: "/instruments",
	include: ["**"],
	exclude: [],
	acquisition: "file",
	folders: [],
	group: undefined,
	complete: { quietMs: 100, marker: [], rename: [], footer: undefined, probe: "none", minBytes: 0 },
	archive: false,
	existing: "process",
	scanEveryMs: 60_000,
	mode: "auto",
	pollEveryMs: 1_000,
	kafka: undefined,
};
