import type { PoolSettings } from "#domain/settings.ts";

/** Of a pool with one worker and few limits, with changes. */
export function poolSettings(changes: Partial<PoolSettings> = {}): PoolSettings {
	return {
		name: "default",
		workers: 1,
		autoscale: undefined,
		engine: "auto",
		preload: [],
		memoryBytes: undefined,
		outputBytes: 16 * 2 ** 20,
		diskBytes: undefined,
		openFiles: 1024,
		cpuShare: 1,
		environment: [],
		libraries: [],
		recycleRuns: undefined,
		recycleBytes: undefined,
		rscript: undefined,
		...changes,
	};
}
