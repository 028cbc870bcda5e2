import type { PipelineSettings } from "#domain/settings.ts";

/** The pipeline of a small lab, as a configuration would have it. */
export const elisa: PipelineSettings = {
	name: "elisa",
	from: "plates",
	stages: [],
	analysis: { file: "/analyses/elisa.R", files: [] },
	params: {},
	pool: "default",
	timeoutMs: 1_000,
	priority: 4,
	retry: { attempts: 3, backoffMs: 1, maxBackoffMs: 1 },
	retryOn: [],
};
