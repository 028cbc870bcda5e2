import type { LostAttempt } from "#core/ports/catalog.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { Report } from "#domain/report.ts";
import { recordLostAttempt } from "./attempt-hop.ts";

/** Who ran it can tell nothing any more: the catalog found its lease over, and whoever asked it tells, once. */
export function tellLost(lost: LostAttempt, { report, tracer }: { readonly report: Report; readonly tracer: Tracer }) {
	recordLostAttempt(tracer, lost);
	const { attempt, token, startedAt, endedAt, cause, ...named } = lost;
	const { code, message } = cause;
	report({ event: "job.lost", ...named, code, message });
}
