import { z } from "zod";
import { permanent } from "#core/errors.ts";
import { type Principal, type Scope, seesPipeline, seesSource } from "#domain/access.ts";
import { operationKinds, operationStates, type Target, targetTypes } from "#domain/operation.ts";
import { operationForm, operationResource } from "#domain/operation-resource.ts";
import type { ApiContext } from "./context.ts";
import { notFound } from "./problem.ts";
import { anyOf, moment, text, whole } from "./query.ts";
import { type Route, route } from "./route.ts";

const path = "/api/v1/operations";

const requestedForm = operationForm
	.extend({
		already: z.boolean().describe("It was so before: nothing had to be done."),
		job: z
			.string()
			.nullable()
			.describe("Of a replay the job that runs: another one where the analysis or its parameters were changed since."),
	})
	.meta({ id: "RequestedOperation" });

const body = z.strictObject({
	kind: z.enum(operationKinds),
	target: z.strictObject({
		type: z.enum(targetTypes),
		name: z.string().max(4096).default("").describe("Of a file its source; nothing for everything."),
		path: z.string().min(1).max(4096).optional().describe("Of a file, relative to the source's directory."),
	}),
	why: z.string().min(1).max(1000).optional().describe("For who asks later: it stands in the audit log."),
});

/** What operators ask for: each is noted with who asked and why, and carried out by who can. */
export const operate: readonly Route[] = [
	route({
		id: "listOperations",
		method: "GET",
		path,
		tag: "operations",
		summary: "List operations",
		needs: "read",
		query: {
			kind: z.enum(operationKinds).optional(),
			state: anyOf(operationStates).optional(),
			source: text.optional(),
			pipeline: text.optional(),
			requestedBy: text.optional(),
			since: moment.optional(),
			until: moment.optional(),
			limit: whole(1, 1000).default(100).describe("So many at most."),
			cursor: text.optional().describe("`next` of the page before."),
			order: z.enum(["asc", "desc"]).default("desc").describe("The newest or the oldest first."),
		},
		answers: {
			200: {
				description: "A page; `next` is null on the last one.",
				content: {
					"application/json": z
						.object({ items: z.array(operationForm), next: z.string().nullable() })
						.meta({ id: "OperationsPage" }),
				},
				links: { getOperation: { id: "$response.body#/items/0/id" } },
			},
		},
		problems: ["CURSOR_INVALID"],
		handle: async ({ query: { limit, cursor, order, ...filter } }, { operations, scope }) => {
			const { items, next } = await operations.page({
				limit,
				order,
				scope,
				filter: given(filter),
				...given({ cursor }),
			});
			return { items: items.map(operationResource), next: next ?? null };
		},
	}),
	route({
		id: "getOperation",
		method: "GET",
		path: `${path}/{id}`,
		tag: "operations",
		summary: "One operation, with how far it is",
		needs: "read",
		params: { id: text },
		answers: { 200: { description: "There it is.", content: { "application/json": operationForm } } },
		handle: async ({ params: { id } }, { operations, scope }) => {
			const row = await operations.one(id);
			if (row !== undefined && isSeen(scope, row)) return operationResource(row);
			throw notFound(`operation ${id}`, `List them at ${path}.`);
		},
	}),
	route({
		id: "requestOperation",
		method: "POST",
		path,
		tag: "operations",
		summary: "Ask for an operation",
		description:
			"Run a job again, cancel it, hold back a source, a pipeline or a pool and let it go on, drain a process, look through a source, put a file into quarantine and release it, mark an acquisition as safe to delete. Asking for what is so already does nothing and says so; the same `Idempotency-Key` gives the same operation.",
		needs: "operate",
		headers: {
			"idempotency-key": z
				.string()
				.min(1)
				.max(255)
				.optional()
				.describe("One for each thing to be done, of your making."),
		},
		body,
		answers: {
			200: { description: "It is done.", content: { "application/json": requestedForm } },
			202: {
				description: "It is noted, and carried out by who can: ask for it at `Location`.",
				content: { "application/json": requestedForm },
				headers: { location: "The operation." },
				links: { getOperation: { id: "$response.body#/id" } },
			},
		},
		problems: ["TARGET_UNKNOWN", "OPERATION_REFUSED", "SCRIPT_MISSING", "IDEMPOTENCY_KEY_REUSED"],
		handle: async ({ body: { kind, target: asked, why }, headers, principal, request, reply }, context) => {
			const target: Target = { type: asked.type, name: asked.name, ...given({ path: asked.path }) };
			await assertSeen(context, target);
			const { operation, already, job } = await context.operate({
				kind,
				target,
				by: nameOf(principal),
				request: request.id,
				...given({ why, key: headers["idempotency-key"] }),
			});
			const over = operation.state === "completed" || operation.state === "failed";
			reply.code(over ? 200 : 202).header("location", `${path}/${operation.id}`);
			return { ...operationResource(operation), already, job: job ?? null };
		},
	}),
];

function nameOf({ kind, name }: Principal): string {
	return kind === "anyone" ? "anyone" : `${kind}:${name}`;
}

/** What is of no source and no pipeline is the lab's as a whole, and is for those who see all of it. */
function isSeen(
	scope: Scope,
	of: { readonly source: string | undefined; readonly pipeline: string | undefined },
): boolean {
	if (of.pipeline !== undefined) return seesPipeline(scope, of.pipeline);
	return of.source === undefined ? scope === "everything" : seesSource(scope, of.source);
}

/** @throws WatchRabbitError TARGET_UNKNOWN (permanent): also of what is there and not seen */
async function assertSeen({ scope, catalog }: ApiContext, { type, name }: Target): Promise<void> {
	if (scope === "everything") return;
	const seen = {
		job: async () => (await catalog.job(name)) !== undefined,
		acquisition: async () => (await catalog.acquisition(name)) !== undefined,
		source: async () => seesSource(scope, name),
		file: async () => seesSource(scope, name),
		pipeline: async () => seesPipeline(scope, name),
		pool: async () => false,
		process: async () => false,
		everything: async () => false,
	};
	if (await seen[type]()) return;
	throw permanent("TARGET_UNKNOWN", `there is no ${type} ${name} in your projects`, {
		fix: "What is the lab's as a whole is for who has all projects.",
	});
}

/** Without what is undefined. */
function given<Values extends object>(values: Values): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as ReturnType<
		typeof given<Values>
	>;
}
