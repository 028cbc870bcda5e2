import type { AcquisitionRow, HistoryRow, JobRow } from "#core/ports/catalog-rows.ts";
import type { LifeEvent, PathLife } from "#core/ports/ledger.ts";
import { displayPath } from "#domain/path.ts";
import type { Workbench } from "../application.ts";

/** An acquisition that a path is a member of, with the jobs that are for it. */
export interface Taken {
	readonly acquisition: AcquisitionRow;
	readonly jobs: readonly JobOf[];
}

export interface JobOf {
	readonly job: JobRow;
	/** The acquisition that the job was made for, where that is another one with the same content. */
	readonly madeFor: AcquisitionRow | undefined;
}

/** Everything that the catalog has for a path, newest version first. */
export async function takenFrom({ catalog }: Workbench, source: string, path: string): Promise<readonly Taken[]> {
	const acquisitions = await catalog.acquisitionsOf(source, path);
	return await Promise.all(
		acquisitions.map(async (acquisition) => {
			const jobs = await catalog.jobsOf(acquisition.id);
			return { acquisition, jobs: await Promise.all(jobs.map((job) => jobOf(job, acquisition))) };
		}),
	);

	async function jobOf(job: JobRow, acquisition: AcquisitionRow): Promise<JobOf> {
		const madeFor = job.acquisition === acquisition.id ? undefined : await catalog.acquisition(job.acquisition);
		return { job, madeFor };
	}
}

/** The whole life in the order of time: what the ledger saw, and what the catalog made of it. */
export async function lifeOf({ catalog }: Workbench, life: PathLife, taken: readonly Taken[]): Promise<LifeEvent[]> {
	const events: LifeEvent[] = [...life.events];
	for (const { acquisition, jobs } of taken) {
		events.push(...(await catalog.history(acquisition.id)).map(acquisitionEvent(acquisition)));
		for (const { job, madeFor } of jobs) {
			if (madeFor !== undefined) events.push(sameContent(acquisition, job, madeFor));
			else events.push(...(await jobEvents(job)));
		}
	}
	return withoutEchoes(events.sort((a, b) => a.at - b.at));

	async function jobEvents(job: JobRow): Promise<LifeEvent[]> {
		const history = await catalog.history(job.id);
		return history.filter(({ what }) => !birth.has(what)).map((row) => jobEvent(job, row));
	}
}

/** The first steps of a job come in one moment: the last of them, queued, tells them all. */
const birth = new Set(["created", "validated", "linked"]);

function acquisitionEvent({ note }: AcquisitionRow) {
	return ({ at, what, detail }: HistoryRow): LifeEvent => {
		const more = what === "acquired" && note !== undefined ? `${detail}; ${note}` : detail;
		return { at, what, detail: more };
	};
}

function jobEvent({ id, pipeline }: JobRow, { at, what, detail }: HistoryRow): LifeEvent {
	return { at, what: `job ${what}`, detail: [`${pipeline}, ${id}`, detail].filter((part) => part !== "").join(": ") };
}

function sameContent(acquisition: AcquisitionRow, job: JobRow, madeFor: AcquisitionRow): LifeEvent {
	const found = job.result === undefined ? `job ${job.id} (${job.state})` : `job ${job.id}, result ${job.result}`;
	return {
		at: acquisition.createdAt,
		what: "same content",
		detail: `as ${displayPath(madeFor.key)}, which ${job.pipeline} analysed in ${found}: nothing is run again`,
	};
}

/** Ledger and catalog tell some things alike: each is told once, when it was first known. */
function withoutEchoes(events: readonly LifeEvent[]): LifeEvent[] {
	const told = new Set<string>();
	return events.filter(({ what, detail }) => {
		const key = `${what}\n${detail}`;
		const echo = told.has(key) && (what === "analysed" || what === "linked");
		told.add(key);
		return !echo;
	});
}
