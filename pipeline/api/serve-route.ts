import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { permanent, type WatchRabbitError } from "#core/errors.ts";
import type { Throttle } from "#core/ports/throttle.ts";
import { allows, type Permission, type Principal } from "#domain/access.ts";
import type { Rate } from "#domain/http-settings.ts";
import type { Identify } from "./context.ts";
import { takeOf } from "./rate.ts";
import type { Fields, Route } from "./route.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"] as const;

/** What a request has to pass, and what it is then answered from. */
export interface Gate<Context> {
	readonly identify: Identify;
	readonly contextOf: (principal: Principal) => Context;
	/** Undefined: nobody counts. */
	readonly throttle?: Throttle;
	/** Of one client for one route, where that has none of its own. */
	readonly rate: Rate;
}

/** Every route as it is declared; the paths' other methods are refused with those that there are. */
export function serveRoutes<Context>(
	app: FastifyInstance,
	routes: readonly Route<Context>[],
	gate: Gate<Context>,
): void {
	for (const route of routes) {
		if (route.takes === undefined) serveRoute(app, route, gate);
		else app.register(async (own) => serveRoute(asItComes(own), route, gate));
	}
	for (const [path, ofPath] of Map.groupBy(routes, ({ path }) => urlOf(path))) {
		const allowed = new Set<string>(ofPath.map(({ method }) => method));
		if (allowed.has("GET")) allowed.add("HEAD");
		app.route({
			method: methods.filter((method) => !allowed.has(method)),
			url: path,
			// Before the body is read, whatever is in it.
			onRequest: async (request, reply) => {
				reply.header("allow", [...allowed].join(", "));
				throw permanent("METHOD_NOT_ALLOWED", `${request.method} is not allowed here`, {
					fix: `Use ${[...allowed].join(" or ")}.`,
				});
			},
			handler: async () => {},
		});
	}
}

/** Bodies are handed over as streams. */
function asItComes(app: FastifyInstance): FastifyInstance {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
	return app;
}

/** As Fastify writes it. */
function urlOf(path: string): string {
	return path.replace(/\{\w+\*\}$/, "*").replace(/\{(\w+)\}/g, ":$1");
}

const principals = new WeakMap<FastifyRequest, Principal>();
const nobody: Principal = { kind: "anyone", id: "", name: "nobody", role: "viewer", projects: [] };

function serveRoute<Context>(app: FastifyInstance, route: Route<Context>, gate: Gate<Context>): void {
	const { needs, method, path } = route;
	const rest = /\{(\w+)\*\}$/.exec(path)?.[1];
	const take = gate.throttle && takeOf(gate.throttle, route.id, route.rate ?? gate.rate);
	const read = {
		params: reader(route.params),
		query: reader(route.query, route.anyQuery),
		headers: z.object(route.headers ?? {}),
	};
	const [[usual, { content = {} }] = ["200", {}]] = Object.entries(route.answers);
	const offered = Object.keys(content);
	app.route({
		method,
		url: urlOf(path),
		...(route.asItIs && { compress: false }),
		config: { streams: route.takes !== undefined },
		// Before the body is read: nobody sends us gigabytes to be told that he may not.
		onRequest: async (request, reply) => {
			const principal = needs === "nothing" ? undefined : await identified(request, reply, gate);
			await take?.(request, reply, principal);
			if (principal !== undefined && needs !== "nothing") principals.set(request, permitted(principal, needs));
		},
		handler: async (request, reply) => {
			const { "*": last, ...named } = request.params as Record<string, string>;
			const principal = principals.get(request) ?? nobody;
			// What is refused before it was read is not read to its end: who has read it takes this back.
			if (route.takes !== undefined) reply.header("connection", "close");
			reply.code(Number(usual));
			return await route.handle(
				{
					params: read.params(rest === undefined ? named : { ...named, [rest]: last }, pathRefusal),
					query: read.query(request.query, queryRefusal),
					headers: route.headers === undefined ? {} : headersOf(read.headers, request.headers),
					body: route.body === undefined ? undefined : bodyOf(route.body, request.body),
					principal,
					mediaType: mediaType(request, reply, offered, route.answersAnyway),
					request,
					reply,
				},
				gate.contextOf(principal),
			);
		},
	});
}

/** Who asks in vain is refused soon whatever he says: a hundredth of what others may. */
function guessesOf({ perSecond, burst }: Rate): Rate {
	return { perSecond: Math.max(1, perSecond / 100), burst: Math.max(20, Math.floor(burst / 20)) };
}

async function identified<Context>(
	request: FastifyRequest,
	reply: FastifyReply,
	{ identify, throttle, rate }: Gate<Context>,
) {
	try {
		return await identify(request);
	} catch (thrown) {
		if (throttle !== undefined) await takeOf(throttle, "unauthenticated", guessesOf(rate))(request, reply, undefined);
		throw thrown;
	}
}

function permitted(principal: Principal, needs: Permission): Principal {
	if (allows(principal, needs)) return principal;
	throw permanent("FORBIDDEN", `the role ${principal.role} does not allow this: it needs "${needs}"`, {
		fix: "Ask an admin for another role.",
	});
}

/** Of an offer of one, who accepts anything or says nothing gets that. */
function mediaType(request: FastifyRequest, reply: FastifyReply, offered: readonly string[], anyway = false): string {
	const [usual = ""] = offered;
	if (offered.length > 1) reply.header("vary", [reply.getHeader("vary") ?? [], "accept"].flat().join(", "));
	const { accept } = request.headers;
	if (usual === "" || accept === undefined || accept === "*/*" || accept === usual) return usual;
	const liked = request.accepts().type([...offered]);
	if (typeof liked === "string") return liked;
	if (anyway) return usual;
	throw permanent("NOT_ACCEPTABLE", `this is not to be had as ${accept}`, { fix: `Accept ${offered.join(" or ")}.` });
}

type Refusal = (fields: Fields, error: z.ZodError) => WatchRabbitError;

function reader(fields: Fields = {}, anyMore = false) {
	const form = anyMore ? z.object(fields) : z.strictObject(fields);
	return (given: unknown, refusal: Refusal) => {
		const { success, data, error } = form.safeParse(given);
		if (!success) throw refusal(fields, error);
		return data;
	};
}

function pathRefusal(_fields: Fields, error: z.ZodError): WatchRabbitError {
	return permanent("REQUEST_INVALID", told(error), { fix: "Correct the path." });
}

function headersOf(form: z.ZodObject, given: unknown): Record<string, unknown> {
	const { success, data, error } = form.safeParse(given);
	if (success) return data;
	throw permanent("REQUEST_INVALID", `the headers: ${told(error)}`, { fix: "Correct the headers named." });
}

function queryRefusal(fields: Fields, error: z.ZodError): WatchRabbitError {
	const unknown = unknownKeys(error);
	if (unknown.length === 0) return permanent("FILTER_INVALID", told(error), { fix: "Correct the values named." });
	const allowed = Object.keys(fields);
	return permanent("FILTER_UNKNOWN", `this cannot be asked for by ${unknown.join(", ")}`, {
		fix: allowed.length === 0 ? "Leave the query out." : `Use ${allowed.join(", ")}.`,
	});
}

function bodyOf(form: z.ZodType, given: unknown): unknown {
	const { success, data, error } = form.safeParse(given ?? {});
	if (success) return data;
	const unknown = unknownKeys(error);
	const what = unknown.length > 0 ? `unknown: ${unknown.join(", ")}` : told(error);
	throw permanent("BODY_INVALID", what, { fix: "The route's page in /api/v1/reference shows what it takes." });
}

function unknownKeys({ issues }: z.ZodError): readonly string[] {
	return issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []));
}

function told({ issues }: z.ZodError): string {
	return issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`)).join("; ");
}
