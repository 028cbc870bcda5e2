import type { JobPlan } from "#core/ports/catalog.ts";
import { type Acquisition, contentDigest } from "#domain/acquisition.ts";
import { jobId } from "#domain/job.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import type { AnalysisLibrary } from "./analysis-library.ts";

/**
 * The job that a pipeline makes of an acquisition.
 * @throws WatchRabbitError SCRIPT_MISSING (transient)
 */
export async function planJob(
	pipeline: PipelineSettings,
	{ members }: Pick<Acquisition, "members">,
	library: AnalysisLibrary,
): Promise<JobPlan> {
	const { digest } = await library.edition(pipeline.analysis);
	const id = jobId({
		pipeline: pipeline.name,
		analysisDigest: digest,
		params: pipeline.params,
		inputDigests: [contentDigest(members)],
	});
	return {
		id,
		pipeline: pipeline.name,
		pool: pipeline.pool,
		priority: pipeline.priority,
		analysisFile: pipeline.analysis.file,
		analysisDigest: digest,
		params: pipeline.params,
		timeoutMs: pipeline.timeoutMs,
		retry: pipeline.retry,
	};
}
