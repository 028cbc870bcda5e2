import type { ProblemKind } from "./problem-kind.ts";

/** About this server, and what it works with. */
export const serverProblems = {
	ARTIFACT_DAMAGED: {
		status: 500,
		title: "What is stored is not what was",
		meaning:
			"The object store does not have the bytes that the catalog promises. `watchrabbit verify` says what else is damaged.",
	},
	INTERNAL: {
		status: 500,
		title: "The program failed",
		meaning: "This is our fault. The log has the details under the id of the request.",
	},
	TOO_MANY_CLIENTS: {
		status: 503,
		title: "Too many clients follow what happens",
		meaning: "This process tells as many clients as it can. Ask another one, or this one later.",
	},
	DRAINING: {
		status: 503,
		title: "This process is ending",
		meaning: "Another process answers, or this one does once it has started again. Ask again in a few seconds.",
	},
	OVERLOADED: {
		status: 503,
		title: "This process cannot keep up",
		meaning: "It has more to do than it can, and answers health and metrics alone. Ask again in a few seconds.",
	},
	UNAVAILABLE: {
		status: 503,
		title: "A service that is needed does not answer",
		meaning: "It passes by itself. `/health` says which one it is; ask again in a few seconds.",
	},
} as const satisfies Readonly<Record<string, ProblemKind>>;
