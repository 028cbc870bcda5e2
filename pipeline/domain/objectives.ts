/** What is promised to those who use it: what alerts and dashboards hold against what is measured. */
export interface Objectives {
	/** Of all jobs this share (0 to 1) has its result within that time of its acquisition's settling. */
	readonly result: { readonly withinMs: number; readonly of: number };
	/** Of all answers of the API this share is none that failed on our side. */
	readonly api: { readonly of: number };
}

export const defaultObjectives: Objectives = { result: { withinMs: 900_000, of: 0.99 }, api: { of: 0.999 } };
