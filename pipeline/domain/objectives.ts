import type { Acquisition } from "./acquisition.ts";

/** What is promised to those who use it: what alerts and dashboards hold against what is measured. */
export interface Objectives {
	/**
	 * Of all first results this share (0 to 1) is there within that time of their acquisition's settling. Promised is a
	 * result of what arrives fresh (`isFresh`), and once: a replay of what has its result, or is dead, does not count, and
	 * neither does a pipeline that came after the acquisition.
	 */
	readonly result: { readonly withinMs: number; readonly of: number };
	/** Of all answers of the API this share is none that failed on our side. */
	readonly api: { readonly of: number };
}

const oldMs = 86_400_000;

type Settling = Pick<Acquisition, "acquiredAt" | "settledAt" | "freshestMs">;

/**
 * What had lain for a day when it was found complete is old content that somebody brings (a first scan, a share that was
 * away). What was gathered is as fresh as the freshest of its parts was then: waiting for the others makes none old.
 */
export function isFresh(acquisition: Settling): boolean {
	return lainMs(acquisition) < oldMs;
}

/** How long it had lain when it was found complete. */
export function lainMs({ acquiredAt, settledAt, freshestMs = settledAt - acquiredAt }: Settling): number {
	return freshestMs;
}

export const defaultObjectives: Objectives = { result: { withinMs: 900_000, of: 0.99 }, api: { of: 0.999 } };
