import type { z } from "zod";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { acquisitionDetailForm, jobDetailForm, resultDetailForm } from "./detail-forms.ts";
import { acquisitionResource, attemptResource, historyResource, jobResource, resultResource } from "./resources.ts";

export type JobDetail = z.output<typeof jobDetailForm>;
export type AcquisitionDetail = z.output<typeof acquisitionDetailForm>;
export type ResultDetail = z.output<typeof resultDetailForm>;

/** One thing whole, as the API's single resources and `show` give it: its resource, and what it went through. */

export async function jobDetail(catalog: ReadCatalog, id: string): Promise<JobDetail | undefined> {
	const row = await catalog.job(id);
	if (row === undefined) return undefined;
	return {
		...jobResource(row),
		attempts: row.attempts.map(attemptResource),
		history: row.history.map(historyResource),
	};
}

export async function acquisitionDetail(catalog: ReadCatalog, id: string): Promise<AcquisitionDetail | undefined> {
	const row = await catalog.acquisition(id);
	if (row === undefined) return undefined;
	const [jobs, history] = await Promise.all([catalog.jobsOf(id), catalog.history(id)]);
	return {
		...acquisitionResource(row),
		jobs: jobs.map(({ id, pipeline, state, result }) => ({ id, pipeline, state, result: result ?? null })),
		history: history.map(historyResource),
	};
}

export async function resultDetail(catalog: ReadCatalog, id: string): Promise<ResultDetail | undefined> {
	const row = await catalog.result(id);
	if (row === undefined) return undefined;
	const history = await catalog.history(id);
	return {
		...resultResource(row),
		supersededBy: row.supersededBy ?? null,
		manifestSha256: row.manifestSha256,
		history: history.map(historyResource),
	};
}
