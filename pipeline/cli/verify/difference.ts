/** What can be wrong, each with what to do about it. */
export const differenceKinds = {
	"file-unknown": "Start `watchrabbit up`: its scan takes it in.",
	"file-changed": "Start `watchrabbit up`: it is analysed again as a new version.",
	"file-damaged": "Its content changed while size and times did not: restore it from a copy and touch it.",
	"file-unreadable": "Let the service's user read it.",
	"file-gone": "Start `watchrabbit up`: its scan notes that it is gone.",
	"acquisition-missing": "Touch the file: it settles and is published again.",
	"input-lost": "Touch the file: it is stored again when it settles.",
	"result-missing": "Replay its job: watchrabbit replay <job>.",
	"manifest-missing": "Replay its job: watchrabbit replay <job>.",
	"manifest-damaged": "Restore the object store from a copy, or replay the job: watchrabbit replay <job>.",
	"manifest-differs": "Restore the catalog from a copy, or replay the job: watchrabbit replay <job>.",
	"object-missing": "Restore the object store from a copy, or replay the job: watchrabbit replay <job>.",
	"object-damaged": "Restore the object store from a copy, or replay the job: watchrabbit replay <job>.",
	"object-stray": "It belongs to no result: look at it, then remove it.",
	"temporary-left": "No running job needs it: remove it.",
	"job-impossible": "Replay it: watchrabbit replay <job>. Then report this as a bug.",
	"hint-lost": "Start `watchrabbit up`: it queues them again.",
	"audit-broken": "Hold it against a copy of the catalog, and find out who may write the database.",
} as const;

export type DifferenceKind = keyof typeof differenceKinds;

export interface Difference {
	readonly kind: DifferenceKind;
	/** A path, an object's key, the id of a job or a result. */
	readonly subject: string;
	readonly detail: string;
}

export function difference(kind: DifferenceKind, subject: string, detail: string): Difference {
	return { kind, subject, detail };
}

/**
 * One question to the state. It may be asked again: beside a running `up`, what differs now may be in flight, and only
 * what still differs a moment later is told.
 */
export type Check = () => Promise<Difference | undefined>;
