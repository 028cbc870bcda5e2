import type { Replayed, Workbench } from "#cli/application.ts";
import { workplaceIn } from "#domain/places.ts";
import { AnalysisLibrary } from "#runtime/analysis-library.ts";
import { planJob } from "#runtime/plan.ts";

/**
 * Runs a job again with its pipeline as it is now. A pipeline that left the configuration has no other analysis than the
 * one that the job was made for.
 *
 * @throws WatchRabbitError SCRIPT_MISSING
 */
export async function replay(
	{ settings, catalog, objects }: Workbench,
	job: string,
	now: number,
	by: string,
): Promise<Replayed> {
	const library = new AnalysisLibrary(objects, workplaceIn(settings.data).analyses);
	const known = await catalog.job(job);
	const acquisition = known && (await catalog.acquisition(known.acquisition));
	const pipeline = settings.pipelines.find(({ name }) => name === known?.pipeline);
	const plan = pipeline && acquisition && (await planJob(pipeline, acquisition, library));
	const outcome = await catalog.replay(job, now, by, plan);
	return { job: plan?.id ?? job, outcome };
}
