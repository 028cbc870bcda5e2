import { mkdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { asWatchRabbitError, fault, type WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool, AnalysisRecord } from "#core/ports/analysis-pool.ts";
import type { AttemptEnd, ClaimedInput, ClaimedJob } from "#core/ports/catalog.ts";
import type { Hop } from "#core/ports/tracer.ts";
import { isSampled, withSampled } from "#core/trace.ts";
import { type AttemptCause, type AttemptRun, isOvertaken } from "#domain/job.ts";
import type { AnalysisSettings } from "#domain/settings.ts";
import type { AnalysisFile, CheckedOut } from "./analysis-library.ts";
import { asHop } from "./as-hop.ts";
import { causeOf, ended } from "./attempt-cause.ts";
import { beginAttempt } from "./attempt-hop.ts";
import { checkInputs, presentInputs, reachInput } from "./inputs.ts";
import { namedJob } from "./named-job.ts";
import type { Pace } from "./pace.ts";
import { persist } from "./persist.ts";
import { removeTree } from "./remove-tree.ts";
import { causeFor, nextAttemptInMs } from "./retry-policy.ts";
import { checkRoom } from "./room.ts";
import { runInR } from "./run-in-r.ts";
import { RunNotes } from "./run-notes.ts";
import { type StoredResult, storeResult } from "./store-result.ts";
import type { WorkContext } from "./work-role.ts";

/** Where the script says nothing else, one that is not ready is asked again after this. */
const notReadyAgainMs = 30_000;
/** A run that was ended because this process ends, that lost its lease or its script, is free for others at once. */
const againAtOnceMs = 0;
/** Room is made, a share brought back, R installed again, and a bucket opened, by people: no attempt is used meanwhile. */
const awayAgainMs = 5_000;
const away: ReadonlySet<string> = new Set([
	"DISK_FULL",
	"ENOSPC",
	"EDQUOT",
	"INPUT_UNREACHABLE",
	"R_MISSING",
	"R_PRELOAD_FAILED",
	"R_START_FAILED",
	"S3_ACCESS_DENIED",
	"S3_BUCKET_MISSING",
	"S3_CREDENTIALS",
	"S3_REGION",
	"S3_TLS",
]);

/** How one attempt at a claimed job goes, from its inputs to its commit. */
export class JobRun {
	readonly #job: ClaimedJob;
	readonly #pool: AnalysisPool;
	readonly #context: WorkContext;
	readonly #commits: Pace;
	readonly #startedAt: number;
	/** Ended once the catalog has what came of it; of one that was fenced out nothing does. */
	readonly #attempt: Hop;
	/** What is read: of the copies of the same content one that is still there. */
	#input: ClaimedInput;

	constructor(job: ClaimedJob, pool: AnalysisPool, context: WorkContext, commits: Pace) {
		this.#job = job;
		this.#pool = pool;
		this.#context = context;
		this.#commits = commits;
		this.#input = job.inputs[0];
		this.#startedAt = context.clock.now();
		this.#attempt = beginAttempt(context.tracer, job, pool.name);
	}

	/** Resolves when the attempt is committed, ended, or fenced out. */
	async toItsEnd(signal: AbortSignal): Promise<void> {
		const { id, token, attempt } = this.#job;
		this.#context.report({ event: "job.started", ...this.#named, attempt });
		const directory = join(this.#context.runs, `${id}-${token}`);
		try {
			const { record, files } = await this.#analyse(directory, signal);
			if (!signal.aborted && record.outcome === "completed") return await this.#commit(record, files, signal);
			await removed(directory);
			if (signal.aborted) await this.#end("lost", ended, againAtOnceMs, signal, record);
			else await this.#fail(record, signal);
		} catch (thrown) {
			await removed(directory);
			await this.#couldNotRun(asWatchRabbitError(thrown), signal);
		} finally {
			await removed(directory);
			this.#attempt.leave();
		}
	}

	async #analyse(
		directory: string,
		signal: AbortSignal,
	): Promise<{ record: AnalysisRecord; files: readonly AnalysisFile[] }> {
		const { id, token, plan } = this.#job;
		const { library, tracer } = this.#context;
		const { trace } = this.#attempt;
		const { checkedOut, paths, names } = await asHop(tracer, "fetch", trace, () => this.#fetch(directory, signal));
		const { files, ...place } = checkedOut;
		const request = {
			id: `${id}-${token}`,
			...place,
			inputs: paths,
			inputNames: names,
			params: plan.params,
			files: files.map(({ path }) => path).filter((path) => path !== scriptIn(place)),
			directory,
			seed: seedOf(id),
			timeoutMs: plan.timeoutMs,
			priority: plan.priority,
		};
		const notes = new RunNotes(this.#job, this.#pool.name, this.#context);
		const record = await runInR(this.#pool, request, { trace, tracer, notes, signal });
		checkRoom(directory);
		// What R read must be what settled, and what the job names: what changed meanwhile makes the result one of nothing.
		await checkInputs(this.#input);
		await library.checkUnchanged(plan.analysisDigest, checkedOut, this.#analysis());
		return { record, files };
	}

	/** All that the run is given, as soon as it can be read. */
	async #fetch(directory: string, signal: AbortSignal) {
		const { inputs, plan } = this.#job;
		const { library, archive, clock, report } = this.#context;
		const fetch = () => archive.fetch(inputs[0], join(directory, "archived"));
		this.#input = await reachInput(inputs, () => persist("object store", fetch, { clock, report, signal }));
		const checkedOut = await library.checkOut(plan.analysisDigest, plan.analysisFile, this.#analysis());
		mkdirSync(directory, { recursive: true });
		return { checkedOut, ...(await presentInputs(this.#input, join(directory, "inputs"))) };
	}

	/** The script and files that the pipeline declares now; one that left the configuration is known by its edition alone. */
	#analysis(): AnalysisSettings {
		const { pipeline, analysisFile } = this.#job.plan;
		return this.#context.pipelines.get(pipeline)?.analysis ?? { file: analysisFile, files: [] };
	}

	async #commit(record: AnalysisRecord, files: readonly AnalysisFile[], signal: AbortSignal): Promise<void> {
		const { clock, report, objects, catalog, tracer } = this.#context;
		const { id, token, plan } = this.#job;
		const { trace } = this.#attempt;
		const patient = { clock, report, signal };
		const finished = {
			job: this.#job,
			acquisition: this.#input.acquisition,
			record,
			analysis: { file: plan.analysisFile, files },
			startedAt: this.#startedAt,
			completedAt: clock.now(),
		};
		const stored = await persist("object store", () => storeResult(objects, finished, trace, tracer), patient);
		await this.#commits.pass();
		const commit = { job: id, token, now: clock.now(), ...stored };
		const committing = () => persist("catalog", () => catalog.commitResult(commit), patient);
		const committed = await asHop(tracer, "commit", trace, committing);
		if (committed) return this.#completed(record, stored);
		report({ event: "job.fenced", ...this.#named, token });
	}

	#completed(record: AnalysisRecord, { manifest }: StoredResult): void {
		const { clock, report } = this.#context;
		const totalSeconds = (clock.now() - this.#input.acquisition.settledAt) / 1000;
		const { result } = manifest;
		const { promised } = this.#job;
		this.#attempt.end({ attributes: { "watchrabbit.outcome": "completed", "watchrabbit.result": result } });
		const { seconds: runSeconds, peakMemoryBytes } = record;
		report({ event: "job.completed", ...this.#named, result, runSeconds, totalSeconds, promised, peakMemoryBytes });
	}

	async #fail(record: AnalysisRecord, signal: AbortSignal): Promise<void> {
		const said = record.cause ?? causeOf(fault("NO_CAUSE", "the analysis failed without a cause"));
		const cause = causeFor(said, this.#context.pipelines.get(this.#job.plan.pipeline)?.retryOn ?? []);
		if (record.outcome === "not-ready") {
			await this.#end("not-ready", cause, record.retryAfterMs ?? notReadyAgainMs, signal, record);
		} else if (away.has(cause.code)) {
			await this.#end("lost", cause, awayAgainMs, signal, record);
		} else {
			await this.#end("failed", cause, nextAttemptInMs(cause, this.#job.attempt, this.#job.plan.retry), signal, record);
		}
	}

	/** The attempt failed outside R: its input, its script, our own neighbours. */
	async #couldNotRun(error: WatchRabbitError, signal: AbortSignal): Promise<void> {
		if (signal.aborted) return await this.#end("lost", ended, againAtOnceMs, signal);
		const cause = causeOf(error);
		if (error.code === "SCRIPT_CHANGED") return await this.#end("lost", cause, againAtOnceMs, signal);
		if (away.has(error.code)) return await this.#end("lost", cause, awayAgainMs, signal);
		if (isOvertaken(cause)) return await this.#end("lost", cause, undefined, signal);
		await this.#end("failed", cause, nextAttemptInMs(cause, this.#job.attempt, this.#job.plan.retry), signal);
	}

	async #end(
		outcome: AttemptEnd["outcome"],
		cause: AttemptCause,
		againInMs: number | undefined,
		signal: AbortSignal,
		record?: AnalysisRecord,
	): Promise<void> {
		const { clock, report, catalog, worker } = this.#context;
		const { id, token, promised } = this.#job;
		const now = clock.now();
		const againAt = againInMs === undefined ? undefined : now + againInMs;
		const told = { log: record?.log ?? "", seconds: record?.seconds ?? 0, run: record && runOf(record) };
		const failure = outcome === "failed" ? cause : undefined;
		// Of a trace in which something failed all that comes is kept, wherever it is made.
		const { traceparent } = withSampled(this.#job, failure !== undefined || isSampled(this.#job));
		const end = { job: id, token, now, outcome, cause, worker, againAt, traceparent, ...told };
		const ours = await persist("catalog", () => catalog.endAttempt(end), { clock, report, signal });
		if (!ours) return report({ event: "job.fenced", ...this.#named, token });
		this.#attempt.end({ attributes: { "watchrabbit.outcome": outcome }, ...(failure && { failure }) });
		report({
			event: "job.failed",
			...this.#named,
			code: cause.code,
			message: cause.message,
			outcome: againAt === undefined && outcome === "failed" ? "dead" : outcome,
			againInMs,
			promised,
			peakMemoryBytes: record?.peakMemoryBytes ?? null,
		});
	}

	get #named() {
		return namedJob(this.#job, this.#input, this.#pool.name);
	}
}

/** None of a run that could not begin. */
function runOf({ engine, kind, seed, peakMemoryBytes, warnings, r }: AnalysisRecord): AttemptRun | undefined {
	return r.version === "" ? undefined : { engine, kind: kind ?? null, seed, peakMemoryBytes, warnings, r };
}

function scriptIn({ script, root = dirname(script) }: Pick<CheckedOut, "script" | "root">): string {
	return relative(root, script);
}

/**
 * Before the end of a run that came to nothing is written down: its output may be what fills the disk. An orphan of the
 * script may still be writing into it: what stays is removed at the next start.
 */
async function removed(directory: string): Promise<void> {
	await removeTree(directory).catch(() => {});
}

/** The same job has the same seed, so that running it again gives the same numbers. */
function seedOf(jobId: string): number {
	return Number.parseInt(jobId.slice(1, 9), 16) & 0x7fffffff;
}
