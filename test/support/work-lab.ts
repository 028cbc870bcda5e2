import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Clock, systemClock } from "#core/clock.ts";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { type Tracer, untraced } from "#core/ports/tracer.ts";
import { startTrace, withSampled } from "#core/trace.ts";
import { WakeUp } from "#core/wake-up.ts";
import type { Acquisition, Member } from "#domain/acquisition.ts";
import { inputKey } from "#domain/object-keys.ts";
import type { Manifest } from "#domain/result.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import { createPool } from "#r-workers/pool.ts";
import { AnalysisLibrary } from "#runtime/analysis-library.ts";
import { Dispatch } from "#runtime/dispatch.ts";
import { InputCache } from "#runtime/input-cache.ts";
import { Paused } from "#runtime/paused.ts";
import { planJob } from "#runtime/plan.ts";
import { WorkRole } from "#runtime/work-role.ts";
import { acquisition, arrival, intake } from "./acquisitions.ts";
import { poolSettings } from "./pool-settings.ts";
import { Spine, until } from "./spine.ts";

interface Watching {
	readonly clock: Clock;
	readonly tracer: Tracer;
}

/** A work role with real R over the embedded state, and a dispatch that feeds it. */
export class WorkLab {
	readonly spine: Spine;
	readonly pipeline: PipelineSettings;
	readonly #pool: AnalysisPool;
	readonly #dispatch: Dispatch;
	/** Rung when jobs were committed, or ended. */
	readonly moved = new WakeUp();
	readonly role: WorkRole;
	/** Rung by who asks for an operation. */
	readonly asked = new WakeUp();
	readonly paused: Paused;
	readonly library: AnalysisLibrary;

	private constructor(spine: Spine, rscript: string, changes: Partial<PipelineSettings>, { clock, tracer }: Watching) {
		this.spine = spine;
		for (const name of ["data", "inputs", "runs", "scripts"]) mkdirSync(join(spine.path, name));
		this.pipeline = {
			name: "count",
			from: "plates",
			stages: [],
			analysis: { file: join(spine.path, "scripts", "count.R"), files: [] },
			params: {},
			pool: "default",
			timeoutMs: 60_000,
			priority: 4,
			retry: { attempts: 3, backoffMs: 50, maxBackoffMs: 100 },
			retryOn: [],
			...changes,
		};
		const { catalog, objects, queue, report, onBroken } = spine;
		const directory = join(spine.path, "pool");
		const identity = `test-${process.pid}-${Math.random().toString(36).slice(2)}`;
		this.#pool = createPool(poolSettings({ engine: "fork", rscript }), {
			directory,
			dataDirectoryId: identity,
			report,
		});
		this.library = new AnalysisLibrary(objects, join(spine.path, "analyses"));
		const common = { catalog, objects, queue, report, tracer, onBroken };
		this.#dispatch = new Dispatch({ ...common, clock, moved: this.moved });
		const worker = "host:1";
		this.paused = new Paused({ ...common, operations: catalog.operations, process: worker, asked: this.asked, clock });
		this.role = new WorkRole({
			...common,
			paused: this.paused,
			clock,
			worker,
			pools: [this.#pool],
			pipelines: new Map([[this.pipeline.name, this.pipeline]]),
			library: this.library,
			archive: new InputCache(objects, join(spine.path, "inputs"), 1_000_000),
			runs: join(spine.path, "runs"),
			ended: this.moved,
		});
	}

	static async open(
		rscript: string,
		script: string,
		changes: Partial<PipelineSettings> = {},
		{ clock = systemClock, tracer = untraced }: Partial<Watching> = {},
	): Promise<WorkLab> {
		const lab = new WorkLab(await Spine.open(), rscript, changes, { clock, tracer });
		lab.script(script);
		return lab;
	}

	start(): void {
		void this.paused.start();
		this.#dispatch.start();
		this.role.start();
	}

	async close(): Promise<void> {
		await this.role.drain(0);
		await this.paused.stop();
		await this.#dispatch.stop();
		await this.#pool.close(0);
		await this.spine.close();
	}

	path(name: string): string {
		return join(this.spine.path, "data", name);
	}

	script(text: string): void {
		writeFileSync(this.pipeline.analysis.file, text);
	}

	write(name: string, content: string): void {
		writeFileSync(this.path(name), content);
	}

	/** What the watch does with a file of a source that keeps its inputs. */
	async archive(name: string): Promise<void> {
		await this.spine.objects.putFile(inputKey(this.#member(name).sha256), this.path(name));
	}

	/** What the flow does with a file that settled. Gives its job. */
	async settle(name: string, { sampled = true } = {}): Promise<string> {
		const taken: Acquisition = acquisition(name, "", { members: [this.#member(name)], settledAt: Date.now() });
		const plan = await planJob(this.pipeline, taken, this.library);
		const arrived = arrival(taken, { plans: [plan] });
		const { traceparent } = withSampled(startTrace(), sampled);
		const event = { ...arrived.event, root: join(this.spine.path, "data"), traceparent };
		await this.spine.catalog.commitIntake(intake([{ ...arrived, event }], { now: Date.now() }));
		this.moved.ring();
		return plan.id;
	}

	async becomes(job: string, state: string): Promise<void> {
		let now: unknown;
		await until(
			`job is ${state}`,
			async () => {
				now = await this.spine.catalog.job(job);
				return (now as { state: string } | undefined)?.state === state;
			},
			30_000,
		).catch((cause: unknown) => {
			throw new Error(`the job is not ${state}: ${JSON.stringify(now)}`, { cause });
		});
	}

	async outcomes(job: string): Promise<string[]> {
		return (await this.spine.catalog.job(job))?.attempts.map(({ outcome }) => outcome ?? "under way") ?? [];
	}

	async manifest(job: string): Promise<Manifest> {
		const result = await this.spine.catalog.result((await this.spine.catalog.job(job))?.result ?? "");
		return JSON.parse(String(await buffer(await this.spine.objects.get(result?.manifestKey ?? "")))) as Manifest;
	}

	#member(name: string): Member {
		const { size, mtimeNs, ctimeNs, ino } = lstatSync(this.path(name), { bigint: true });
		const sha256 = createHash("sha256")
			.update(readFileSync(this.path(name)))
			.digest("hex");
		const stat = { mtimeNs: String(mtimeNs), ctimeNs: String(ctimeNs), inode: String(ino) };
		return { path: name, size: Number(size), sha256, ...stat };
	}
}
