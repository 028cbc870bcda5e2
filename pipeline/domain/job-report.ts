import type { WatchRabbitError } from "#core/errors.ts";
import type { PathString } from "./path.ts";

/** What every event of a job tells that was claimed. */
interface OfJob {
	readonly job: string;
	readonly pipeline: string;
	readonly pool: string;
	/** Of the acquisition that is analysed, as its key is. */
	readonly source: string;
	readonly key: PathString;
	readonly traceparent: string;
}

/** Of a job that ended. */
interface Promised {
	/** Whether the objective of results counts it: as `domain/objectives.ts` says. */
	readonly promised: boolean;
}

/** What happens to jobs. */
export type JobReport =
	| (OfJob & { readonly event: "job.started"; readonly attempt: number })
	/** At most once a second a job. */
	| (OfJob & {
			readonly event: "job.progress";
			readonly fraction: number;
			readonly message: string;
			readonly at: number;
	  })
	| (OfJob &
			Promised & {
				readonly event: "job.completed";
				readonly result: string;
				readonly runSeconds: number;
				readonly totalSeconds: number;
				readonly peakMemoryBytes: number | null;
			})
	| (OfJob &
			Promised & {
				readonly event: "job.failed";
				readonly code: string;
				readonly message: string;
				readonly outcome: "failed" | "not-ready" | "lost" | "dead";
				readonly againInMs: number | undefined;
				/** Null where R never began, or nobody could tell. */
				readonly peakMemoryBytes: number | null;
			})
	/** The lease of its attempt was over: who ran it is gone, and nobody else tells of that attempt. It is queued again, or dead. */
	| (OfJob &
			Promised & {
				readonly event: "job.lost";
				readonly code: string;
				readonly message: string;
				readonly worker: string;
				readonly isDead: boolean;
			})
	| (OfJob & { readonly event: "job.fenced"; readonly token: number })
	/** It cannot even be claimed, and is dead. */
	| (Promised & {
			readonly event: "job.refused";
			readonly job: string;
			readonly pool: string;
			readonly error: WatchRabbitError;
	  })
	| { readonly event: "jobs.woken"; readonly retried: number; readonly reaped: number };
