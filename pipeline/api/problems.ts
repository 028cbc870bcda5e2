import { accessProblems } from "./problem-kinds/access.ts";
import { ingestProblems } from "./problem-kinds/ingest.ts";
import { requestProblems } from "./problem-kinds/request.ts";
import { serverProblems } from "./problem-kinds/server.ts";

/**
 * Everything that the API refuses, by its stable code: the status and the type are the same wherever it comes from. What
 * has no line here is `UNAVAILABLE` if it may pass by itself, else `INTERNAL`, and keeps its words for the log.
 */
export const problemKinds = { ...requestProblems, ...ingestProblems, ...accessProblems, ...serverProblems };

export type ProblemCode = keyof typeof problemKinds;

export function isProblemCode(code: string): code is ProblemCode {
	return Object.hasOwn(problemKinds, code);
}

/** A URI by which programs tell problems apart; a person who opens it at this server reads what it means. */
export function problemType(code: ProblemCode): string {
	return `/api/v1/problems/${code.toLowerCase().replaceAll("_", "-")}`;
}
