import { z } from "zod";
import { permanent } from "#core/errors.ts";
import { type ProblemCode, problemKinds, problemType } from "./problems.ts";
import { type Route, route } from "./route.ts";

const form = z
	.object({ type: z.string(), code: z.string(), status: z.int(), title: z.string(), meaning: z.string() })
	.meta({ id: "ProblemKind", description: "What a type of problem means." });

const kinds = new Map(
	Object.entries(problemKinds).map(([code, kind]) => {
		const type = problemType(code as ProblemCode);
		return [type.slice(type.lastIndexOf("/") + 1), { type, code, ...kind }];
	}),
);

/** What the types of problems lead to. */
export const problems: readonly Route<unknown>[] = [
	route({
		id: "listProblems",
		method: "GET",
		path: "/api/v1/problems",
		tag: "problems",
		summary: "Every type of problem that the API answers with",
		needs: "nothing",
		answers: {
			200: { description: "All of them.", content: { "application/json": z.object({ items: z.array(form) }) } },
		},
		handle: async () => ({ items: [...kinds.values()] }),
	}),
	route({
		id: "getProblem",
		method: "GET",
		path: "/api/v1/problems/{type}",
		tag: "problems",
		summary: "What a type of problem means",
		needs: "nothing",
		params: { type: z.string() },
		answers: { 200: { description: "What it means.", content: { "application/json": form } } },
		problems: ["NOT_FOUND"],
		handle: async ({ params: { type } }) => {
			const kind = kinds.get(type);
			if (kind !== undefined) return kind;
			throw permanent("NOT_FOUND", `there is no type of problem ${type}`, { fix: "List them at /api/v1/problems." });
		},
	}),
];
