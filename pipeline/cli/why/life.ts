import type { AcquisitionRow, HistoryRow, JobRow } from "#core/ports/catalog-rows.ts";
import type { LedgerEntry, LifeEvent, PathLife } from "#core/ports/ledger.ts";
import { counted } from "#domain/counted.ts";
import { displayPath } from "#domain/path.ts";
import type { Workbench } from "../application.ts";
import { rowsOf } from "../listing.ts";
import { bytes } from "../words.ts";

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
export async function takenFrom({ catalog }: Workbench, { entry }: PathLife): Promise<readonly Taken[]> {
	const acquisitions = await acquisitionsOf(entry);
	return await Promise.all(
		acquisitions.map(async (acquisition) => {
			const jobs = await catalog.jobsOf(acquisition.id);
			return { acquisition, jobs: await Promise.all(jobs.map((job) => jobOf(job, acquisition))) };
		}),
	);

	/** A run folder is no member of anything: its acquisitions have its name. */
	async function acquisitionsOf({ kind, source, path }: LedgerEntry): Promise<readonly AcquisitionRow[]> {
		if (kind !== "folder") return await catalog.acquisitionsOf(source, path);
		const versions: AcquisitionRow[] = [];
		const listed = rowsOf((request) => catalog.acquisitions(request), { source, key: path });
		for await (const version of listed) versions.push(version);
		return versions;
	}

	async function jobOf(job: JobRow, acquisition: AcquisitionRow): Promise<JobOf> {
		const madeFor = job.acquisition === acquisition.id ? undefined : await catalog.acquisition(job.acquisition);
		return { job, madeFor };
	}
}

/** The whole life in the order of time: what the ledger saw, and what the catalog made of it. */
export async function lifeOf({ catalog }: Workbench, life: PathLife, taken: readonly Taken[]): Promise<LifeEvent[]> {
	const events: LifeEvent[] = life.events.filter(({ what }) => what !== "analysed");
	for (const { acquisition, jobs } of taken.toReversed()) {
		const history = await catalog.history(acquisition.id);
		events.push(
			...history.filter(({ what }) => ofTheAcquisition.has(what)).map((row) => acquisitionEvent(acquisition, row)),
		);
		for (const { job, madeFor } of jobs) {
			if (madeFor !== undefined) events.push(sameContent(acquisition, job, madeFor));
			else
				events.push(
					...(await catalog.history(job.id)).filter(({ what }) => !births.has(what)).map((row) => jobEvent(job, row)),
				);
		}
	}
	// What comes at one moment comes in this order: seen, taken in, run, and the ledger hears of it last.
	events.push(...life.events.filter(({ what }) => what === "analysed"));
	return events.sort((a, b) => a.at - b.at);
}

/** The rest of an acquisition's history is what its jobs tell of themselves. */
const ofTheAcquisition = new Set(["acquired", "seen again", "came first", "superseded", "unwanted", "rejected"]);
/** The first steps of a job come in one moment: the last of them, queued, stands for all. */
const births = new Set(["created", "validated", "linked"]);

function acquisitionEvent(acquisition: AcquisitionRow, { at, what, detail }: HistoryRow): LifeEvent {
	if (what !== "acquired") return { at, what, detail };
	const { kind, key, version, members, bytes: size, digest, note, incomplete } = acquisition;
	const as = kind === "file" ? `version ${version}` : `in ${kind} ${displayPath(key)}, version ${version}`;
	const content = `${counted(members.length, "file")}, ${bytes(size)}, SHA-256 ${digest.slice(0, 12)}…`;
	return { at, what, detail: [`${as}: ${content}`, incomplete ?? [], note ?? []].flat().join("; ") };
}

function jobEvent({ id, pipeline }: JobRow, { at, what, detail }: HistoryRow): LifeEvent {
	const more = what === "queued" && detail.startsWith("for ") ? `job ${id}` : detail;
	return { at, what, detail: more === "" ? pipeline : `${pipeline}: ${more}` };
}

function sameContent(acquisition: AcquisitionRow, job: JobRow, madeFor: AcquisitionRow): LifeEvent {
	const found = job.result === undefined ? `job ${job.id}` : `job ${job.id}, result ${job.result}`;
	return {
		at: acquisition.createdAt,
		what: "linked",
		detail: `${job.pipeline}: same content as ${displayPath(madeFor.key)}, analysed in ${found}; nothing is run again`,
	};
}
