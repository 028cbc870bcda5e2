import type { JobRow } from "#core/ports/catalog-rows.ts";
import type { PathLife } from "#core/ports/ledger.ts";
import { displayPath } from "#domain/path.ts";
import { counted, localTime, span } from "../words.ts";
import type { JobOf, Taken } from "./life.ts";

/** How it stands with a path now, in one sentence or a few. */
export function present({ entry, folder, wakeAt }: PathLife, taken: readonly Taken[], now: number): string {
	const part = folder === undefined ? "" : `, with its folder ${displayPath(folder.path)}`;
	const gone = entry.goneAt === undefined ? "" : `; it has not been there since ${localTime(entry.goneAt)}`;
	switch (entry.state) {
		case "ignored":
			return `ignored${part}: ${entry.reason ?? "no rule was noted"}${gone}`;
		case "quarantined":
			return `in quarantine${part}: ${entry.reason ?? "no reason was noted"}${again(wakeAt, now)}${gone}`;
		case "seen":
		case "settling":
			return `${entry.state}${part}: waits for ${entry.reason ?? "quiet"}${until(wakeAt, now)}${gone}`;
		default:
			return `${entry.state}${part}${since(taken, entry.sha256)}${gone}`;
	}
}

/** What became of the content that the ledger has now: of the acquisitions, the newest with that content. */
function since(taken: readonly Taken[], sha256: string | undefined): string {
	const current = taken.find(({ acquisition }) => acquisition.members.some((member) => member.sha256 === sha256));
	if (current === undefined) return ": published, and not taken in yet";
	const { acquisition, jobs } = current;
	const all = taken
		.filter((each) => each === current || each.acquisition.kind !== acquisition.kind)
		.flatMap((each) => each.jobs);
	if (all.length > 0) return `: ${all.map(jobSentence).join("; ")}`;
	return `: ${acquisition.note ?? acquisition.incomplete ?? (jobs.length === 0 ? "no pipeline has a job for it" : "")}`;
}

function jobSentence({ job, madeFor }: JobOf): string {
	const same = madeFor === undefined ? "" : `, made for ${displayPath(madeFor.key)}, which has the same content`;
	return `${job.pipeline} ${fate(job)} (job ${job.id}${same})`;
}

function fate(job: JobRow): string {
	const attempts = `${job.attemptsUsed} of ${counted(job.attemptsAllowed, "attempt")}`;
	const cause = job.cause === undefined ? "" : `: ${job.cause.code}: ${job.cause.message}`;
	switch (job.state) {
		case "completed":
			return `has result ${job.result}`;
		case "running":
			return `runs at ${job.leaseOwner}`;
		case "failed":
			return `failed, ${attempts}, and is tried again${job.runAfter === undefined ? "" : ` at ${localTime(job.runAfter)}`}${cause}`;
		case "created":
			return `waits${job.runAfter === undefined ? "" : ` until ${localTime(job.runAfter)}`}${cause}`;
		case "dead":
			return `is dead after ${attempts}${cause}`;
		case "superseded":
			return "was superseded before it ran: the file changed";
		case "cancelled":
			return "was cancelled";
		default:
			return "waits in the queue";
	}
}

function until(wakeAt: number | undefined, now: number): string {
	if (wakeAt === undefined) return "";
	return wakeAt > now ? `, until ${localTime(wakeAt)} (in ${span(wakeAt - now)})` : `, due since ${localTime(wakeAt)}`;
}

function again(wakeAt: number | undefined, now: number): string {
	if (wakeAt === undefined) return "; it is looked at again when it changes";
	return wakeAt > now ? `; looked at again at ${localTime(wakeAt)}` : "; it is due to be looked at again";
}
