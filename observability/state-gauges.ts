import type { UnfinishedJobs } from "#core/ports/catalog.ts";
import { type FileState, fileStates } from "#domain/file-state.ts";
import { type JobState, jobStates, unfinishedJobStates } from "#domain/job.ts";
import { kept, twentyTimes } from "./kept.ts";
import type { Metrics } from "./metrics.ts";
import { soon } from "./soon.ts";

/** What is counted when somebody asks, not when it happens. */
export interface StateSource {
	readonly pools: readonly string[];
	readonly pipelines: readonly string[];
	/** By which times in the state are judged. */
	now(): number;
	/** By source, of those that this host watches. */
	files(): Promise<ReadonlyMap<string, ReadonlyMap<FileState, number>>>;
	/** By source, of those that this host has seen to write. */
	rhythms(): Promise<ReadonlyMap<string, Rhythm>>;
	jobs(): Promise<Readonly<Record<JobState, number>>>;
	unfinished(): Promise<readonly UnfinishedJobs[]>;
	/** By pool, how much waits. */
	queues(): Promise<ReadonlyMap<string, number>>;
	/** By sink, as a neighbour: when the first of what it was not told of yet happened; undefined if it was told all. */
	untold(): Promise<ReadonlyMap<string, number | undefined>>;
}

export interface Rhythm {
	/** Milliseconds since the epoch. */
	readonly lastChangeAt: number;
	readonly usualGapMs: number | undefined;
}

/** Has the metrics say what is in the state at the moment they are asked, or a little before where that is costly. */
export function sampleState(metrics: Metrics, state: StateSource): void {
	const countUnfinished = kept(() => state.unfinished(), twentyTimes);
	sampleFiles(metrics, state);
	sampleJobs(metrics, state, countUnfinished);
	sampleQueues(metrics, state, countUnfinished);
	sampleSinks(metrics, state);
}

type CountUnfinished = () => Promise<readonly UnfinishedJobs[]>;

function sampleFiles({ files, lastChange, usualGap, sample }: Metrics, state: StateSource): void {
	sample({
		gauges: [files],
		async take() {
			const counts = await state.files();
			files.reset();
			for (const [source, bySource] of counts) {
				for (const name of fileStates) files.set({ source, state: name }, bySource.get(name) ?? 0);
			}
		},
	});
	sample({
		gauges: [lastChange, usualGap],
		async take() {
			const rhythms = await state.rhythms();
			lastChange.reset();
			usualGap.reset();
			for (const [source, { lastChangeAt, usualGapMs }] of rhythms) {
				lastChange.set({ source }, lastChangeAt / 1000);
				if (usualGapMs !== undefined) usualGap.set({ source }, usualGapMs / 1000);
			}
		},
	});
}

/** Some brokers know of what they gave only to whom: what workers have is the catalog's to tell. */
function sampleQueues({ queueDepth, sample }: Metrics, state: StateSource, countUnfinished: CountUnfinished): void {
	const askQueues = kept(() => state.queues(), twentyTimes);
	sample({
		gauges: [queueDepth],
		async take() {
			const [queues, jobs] = await Promise.all([askQueues(), soon(countUnfinished())]);
			queueDepth.reset();
			for (const [pool, waiting] of queues) queueDepth.set({ pool, state: "waiting" }, waiting);
			if (jobs === undefined) return;
			const leased = new Map(state.pools.map((pool) => [pool, 0]));
			for (const { pool, state: at, count } of jobs) {
				if (at === "running") leased.set(pool, count + (leased.get(pool) ?? 0));
			}
			for (const [pool, count] of leased) queueDepth.set({ pool, state: "leased" }, count);
		},
	});
}

function sampleSinks({ sinkWaiting, sample }: Metrics, state: StateSource): void {
	const askUntold = kept(() => state.untold(), twentyTimes);
	sample({
		gauges: [sinkWaiting],
		async take() {
			const untold = await askUntold();
			sinkWaiting.reset();
			const now = state.now();
			for (const [neighbour, since = now] of untold) sinkWaiting.set({ neighbour }, Math.max(0, now - since) / 1000);
		},
	});
}

function sampleJobs(
	{ jobs, pipelineJobs, oldestWaiting, sample }: Metrics,
	state: StateSource,
	countUnfinished: CountUnfinished,
): void {
	const countJobs = kept(() => state.jobs(), twentyTimes);
	sample({
		gauges: [jobs],
		async take() {
			const counts = await countJobs();
			for (const name of jobStates) jobs.set({ state: name }, counts[name]);
		},
	});
	sample({
		gauges: [pipelineJobs, oldestWaiting],
		async take() {
			const counts = await countUnfinished();
			const oldest = new Map(state.pools.map((pool) => [pool, Number.POSITIVE_INFINITY]));
			const together = new Map(state.pipelines.map((pipeline) => [pipeline, new Map<JobState, number>()]));
			for (const job of counts) {
				const ofPipeline = together.get(job.pipeline) ?? new Map<JobState, number>();
				together.set(job.pipeline, ofPipeline.set(job.state, job.count + (ofPipeline.get(job.state) ?? 0)));
				if (job.state === "queued") oldest.set(job.pool, Math.min(job.since, oldest.get(job.pool) ?? job.since));
			}
			pipelineJobs.reset();
			oldestWaiting.reset();
			for (const [pipeline, byState] of together) {
				for (const name of unfinishedJobStates) pipelineJobs.set({ pipeline, state: name }, byState.get(name) ?? 0);
			}
			for (const [pool, since] of oldest) oldestWaiting.set({ pool }, Math.max(0, state.now() - since) / 1000);
		},
	});
}
