import { type FileState, fileStates } from "#domain/file-state.ts";
import { type JobState, jobStates } from "#domain/job.ts";
import type { Metrics } from "./metrics.ts";

/** What is counted when somebody asks, not when it happens. */
export interface StateSource {
	/** By source, of those that this host watches. */
	files(): Promise<ReadonlyMap<string, ReadonlyMap<FileState, number>>>;
	jobs(): Promise<Readonly<Record<JobState, number>>>;
	/** By pool. */
	queues(): Promise<ReadonlyMap<string, { readonly waiting: number; readonly leased: number }>>;
}

/** Has the metrics say what is in the state at the moment they are asked. */
export function sampleState(metrics: Metrics, state: StateSource): void {
	const { files, jobs, queueDepth, sample } = metrics;
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
		gauges: [jobs],
		async take() {
			const counts = await state.jobs();
			for (const name of jobStates) jobs.set({ state: name }, counts[name]);
		},
	});
	sample({
		gauges: [queueDepth],
		async take() {
			for (const [pool, { waiting, leased }] of await state.queues()) {
				queueDepth.set({ pool, state: "waiting" }, waiting);
				queueDepth.set({ pool, state: "leased" }, leased);
			}
		},
	});
}
