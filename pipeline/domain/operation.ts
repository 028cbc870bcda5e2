import { displayPath, type PathString } from "./path.ts";
import { isoTime } from "./resources.ts";

/** What people do to a lab while it works, and to what. */
export const operationTargets = {
	/** Runs a job again, with its analysis as it is now. */
	replay: ["job"],
	/** A job that is not over comes to nothing: what has not begun never does, what runs is ended. */
	cancel: ["job"],
	/**
	 * A source goes on noticing files, which settle; nothing of it is published. Jobs of a pipeline, or a pool, are made and
	 * wait in the queue; no attempt begins. What runs is finished.
	 */
	pause: ["source", "pipeline", "pool"],
	/** What was held back goes on: a pause, or a drain. */
	resume: ["source", "pipeline", "pool", "process", "everything"],
	/** Nothing new begins, and what runs is finished: in one process, or in all. Files are noticed, as of a paused source. */
	drain: ["process", "everything"],
	/** All of a source is held against the ledger. */
	rescan: ["source"],
	/** Nothing of a file is published from now on, in whatever version. What was taken in of it stays. */
	quarantine: ["file"],
	/** Ends that; a file that the program put into quarantine is looked at again. */
	release: ["file"],
	/** The files of an acquisition may be removed at their source: what was made of them, or they themselves, are in the store. */
	"safe-to-delete": ["acquisition"],
} as const satisfies Readonly<Record<string, readonly TargetType[]>>;

export type OperationKind = keyof typeof operationTargets;
export const operationKinds = Object.keys(operationTargets) as readonly OperationKind[];
export const targetTypes = [
	"job",
	"acquisition",
	"source",
	"pipeline",
	"pool",
	"file",
	"process",
	"everything",
] as const;

export type TargetType = (typeof targetTypes)[number];

export interface Target {
	readonly type: TargetType;
	/** Of a file its source; empty for everything. */
	readonly name: string;
	/** Of a file. */
	readonly path?: PathString;
}

export const everything: Target = { type: "everything", name: "" };

export const operationStates = ["requested", "running", "completed", "failed"] as const;
export type OperationState = (typeof operationStates)[number];

/** What holds something back until it is resumed, or released. */
export interface Pause {
	readonly on: Target;
	/** Milliseconds since the epoch. */
	readonly since: number;
	readonly by: string;
	readonly why: string | undefined;
}

export function targetInWords({ type, name, path }: Target): string {
	if (type === "everything") return "everything";
	return path === undefined ? `${type} ${name}` : `${type} ${name}/${displayPath(path)}`;
}

/** `time`: how people are told it. */
export function pauseInWords({ on, since, by, why }: Pause, time: (ms: number) => string = isoTime): string {
	const how = { process: "is draining", everything: "is draining", file: "is in quarantine" } as const;
	const is = on.type in how ? how[on.type as keyof typeof how] : "is paused";
	return `${targetInWords(on)} ${is} since ${time(since)}, by ${by}${why === undefined ? "" : `: ${why}`}`;
}

/** What keeps a queued job from beginning, whoever would run it. */
export function pauseOfJob(
	pauses: readonly Pause[],
	{ pipeline, pool }: { readonly pipeline: string; readonly pool: string },
): Pause | undefined {
	return pauses.find(
		({ on: { type, name } }) =>
			type === "everything" || (type === "pipeline" && name === pipeline) || (type === "pool" && name === pool),
	);
}
