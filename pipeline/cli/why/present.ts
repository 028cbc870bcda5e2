import type { AcquisitionRow, JobRow } from "#core/ports/catalog-rows.ts";
import type { LedgerEntry, PathLife } from "#core/ports/ledger.ts";
import { counted } from "#domain/counted.ts";
import { type Pause, pauseInWords, pauseOfJob } from "#domain/operation.ts";
import { displayPath } from "#domain/path.ts";
import { progressInWords } from "#domain/progress-in-words.ts";
import { whyNoMore } from "../attempts.ts";
import { localTime, span } from "../words.ts";
import type { JobOf, Taken } from "./life.ts";

/** How it stands with a path now, in one sentence or a few; `gathered` says what it waits for behind its source. */
export function present(
	{ entry, folder, wakeAt }: PathLife,
	taken: readonly Taken[],
	gathered: readonly string[],
	now: number,
	pauses: readonly Pause[] = [],
): string {
	const part = folder === undefined ? "" : `, with its folder ${displayPath(folder.path)}`;
	const gone = entry.goneAt === undefined ? "" : `; it has not been there since ${localTime(entry.goneAt)}`;
	switch (entry.state) {
		case "ignored":
			return `ignored${part}: ${entry.reason ?? "no rule was noted"}${gone}`;
		case "quarantined":
			return `in quarantine${part}: ${entry.reason ?? "no reason was noted"}${byPerson(entry, pauses) ? "; until it is released" : again(wakeAt, now)}${gone}`;
		case "seen":
		case "settling":
			return `${entry.state}${part}: waits for ${entry.reason ?? "quiet"}${until(wakeAt, now)}${gone}`;
		case "stored":
			return `stored${part}: it is in the archive, and is being read back from there${gone}`;
		default:
			return `${entry.state}${part}${since(taken, entry, gathered, pauses)}${gone}`;
	}
}

function currentOf(taken: readonly Taken[], entry: LedgerEntry): readonly Taken[] {
	return taken.filter(({ acquisition }) => acquisition.supersededBy === undefined && holds(acquisition, entry));
}

/** What became of the content that the ledger has now: on its own, and in the groups and batches that it is part of. */
function since(
	taken: readonly Taken[],
	entry: LedgerEntry,
	gathered: readonly string[],
	pauses: readonly Pause[],
): string {
	const current = currentOf(taken, entry);
	if (current.length === 0) {
		const ofSource = ({ on }: Pause) => on.type === "everything" || (on.type === "source" && on.name === entry.source);
		// Which process watches it, this one does not know.
		const held = pauses.find(ofSource) ?? pauses.find(({ on }) => on.type === "process");
		const stands = held === undefined ? "published, and not taken in yet" : `waits: ${pauseInWords(held, localTime)}`;
		return [`: ${stands}`, ...gathered].join("; ");
	}
	const told = [...current.flatMap(lastOfPipelines).map((of) => jobSentence(of, pauses)), ...gathered];
	if (told.length > 0) return `: ${told.join("; ")}`;
	const [note] = current.flatMap(({ acquisition }) => acquisition.note ?? acquisition.incomplete ?? []);
	return `: ${note ?? "no pipeline has a job for it"}`;
}

/** A job that was linked later took the place of the pipeline's earlier one: its analysis was changed. */
function lastOfPipelines({ jobs }: Taken): readonly JobOf[] {
	return [...new Map(jobs.map((each) => [each.job.pipeline, each])).values()];
}

/** A folder has no digest in the ledger: a version that settled before it changed last is not what is there now. */
function holds({ members, settledAt }: AcquisitionRow, { kind, path, sha256, changedAt }: LedgerEntry): boolean {
	if (kind === "folder") return settledAt >= changedAt;
	return members.some((member) => member.path === path && member.sha256 === sha256);
}

function jobSentence({ job, madeFor }: JobOf, pauses: readonly Pause[]): string {
	const same = madeFor === undefined ? "" : `, made for ${displayPath(madeFor.key)}, which has the same content`;
	return `${job.pipeline} ${fate(job, pauseOfJob(pauses, job))} (job ${job.id}${same})`;
}

function fate(job: JobRow, held: Pause | undefined): string {
	const attempts = `${job.attemptsUsed} of ${counted(job.attemptsAllowed, "attempt")}`;
	const cause = job.cause === undefined ? "" : `: ${job.cause.code}: ${job.cause.message}`;
	switch (job.state) {
		case "completed":
			return `has result ${job.result}`;
		case "running":
			return `runs at ${job.leaseOwner}${job.progress === undefined ? "" : `, ${progressInWords(job.progress)}`}`;
		case "failed":
			return `failed, ${attempts}, and is tried again${job.runAfter === undefined ? "" : ` at ${localTime(job.runAfter)}`}${cause}`;
		case "created":
			return `waits${job.runAfter === undefined ? "" : ` until ${localTime(job.runAfter)}`}${cause}`;
		case "dead":
			return `is dead after ${attempts}${whyNoMore(job)}${cause}`;
		case "superseded":
			return `was superseded, because the content changed${cause}`;
		case "cancelled":
			return `was ${job.cause?.message ?? "cancelled"}`;
		default:
			return `waits in the queue${held === undefined ? "" : `, because ${pauseInWords(held, localTime)}`}`;
	}
}

function byPerson({ source, path }: LedgerEntry, pauses: readonly Pause[]): boolean {
	return pauses.some(({ on }) => on.type === "file" && on.name === source && on.path === path);
}

function until(wakeAt: number | undefined, now: number): string {
	if (wakeAt === undefined) return "";
	return wakeAt > now ? `, until ${localTime(wakeAt)} (in ${span(wakeAt - now)})` : `, due since ${localTime(wakeAt)}`;
}

function again(wakeAt: number | undefined, now: number): string {
	if (wakeAt === undefined) return "; it is looked at again when it changes";
	return wakeAt > now ? `; looked at again at ${localTime(wakeAt)}` : "; it is due to be looked at again";
}
