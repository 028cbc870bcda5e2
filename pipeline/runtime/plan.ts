import type { JobPlan } from "#core/ports/catalog.ts";
import { contentDigest } from "#domain/acquisition.ts";
import { jobId } from "#domain/job.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import type { AnalysisLibrary } from "./analysis-library.ts";
import type { Arriving } from "./arriving.ts";

/**
 * The job that a pipeline makes of an acquisition.
 * @throws WatchRabbitError SCRIPT_MISSING (transient)
 */
export async function planJob(
	pipeline: PipelineSettings,
	{ acquisition }: Arriving,
	library: AnalysisLibrary,
): Promise<JobPlan> {
	const { digest } = await library.edition(pipeline.analysis);
	const id = jobId({
		pipeline: pipeline.name,
		analysisDigest: digest,
		params: pipeline.params,
		inputDigests: [contentDigest(acquisition.members)],
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
