import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { LoggedIn } from "#access/logins.ts";
import { permanent } from "#core/errors.ts";
import { accessRoles, type Permission, permissionsOf } from "#domain/access.ts";
import { isoTime } from "#domain/resources.ts";
import type { ApiContext, Doors } from "./context.ts";
import { cookieOf, forget, keep, oidcPath, path } from "./cookies.ts";
import { notFound } from "./problem.ts";
import { type Asked, type Route, route } from "./route.ts";

const tag = "access";
/** Attempts are counted by account and address as well: this is against who tries others' names one by one. */
const rate = { perSecond: 1, burst: 20 };

const whoForm = {
	name: z.string(),
	role: z.enum(accessRoles),
	projects: z.union([z.array(z.string()).readonly(), z.literal("all")]),
};

const sessionForm = z
	.object({
		...whoForm,
		csrf: z
			.string()
			.describe("To be sent as `X-CSRF-Token` with whatever changes something, where a cookie says who asks."),
		expiresAt: z.iso.datetime().describe("Then it is to be refreshed."),
		endsAt: z.iso.datetime().describe("Then one logs in again."),
		access: z.string().nullable().describe("The access token, for programs; null where it is in a cookie."),
		refresh: z.string().nullable().describe("For the next of both, once; null where it is in a cookie."),
	})
	.meta({ id: "Session", description: "A login, from its beginning to its end." });

const principalForm = z
	.object({
		kind: z.enum(["user", "key", "anyone"]),
		...whoForm,
		permissions: z.array(z.enum(["read", "ingest", "operate", "administer"])).readonly(),
	})
	.meta({ id: "Principal", description: "Who asks, and what he may." });

const as = z
	.enum(["cookie", "token"])
	.default("cookie")
	.describe("How it is to be kept: in cookies that no script reads, for browsers, or as tokens, for programs.");
const answers = { 200: { description: "You are logged in.", content: { "application/json": sessionForm } } };

/** Logging in and out. */
export const sessions: readonly Route[] = [
	route({
		id: "login",
		method: "POST",
		path,
		tag,
		summary: "Log in by name and password",
		needs: "nothing",
		rate,
		body: z.strictObject({ name: z.string().min(1).max(200), password: z.string().min(1).max(1000), as }),
		answers,
		problems: ["NOT_FOUND", "LOGIN_REFUSED", "LOGIN_LIMITED", "LOGIN_BUSY"],
		handle: async (asked, context) => {
			const { name, password, as } = asked.body;
			return given(asked.reply, await doorsOf(context).logins.login(name, password, visitor(asked)), as);
		},
	}),
	route({
		id: "refreshSession",
		method: "POST",
		path: `${path}/refresh`,
		tag,
		summary: "Go on: a new access token, and the token for the next one",
		description:
			"A refresh token is good for one use. One that is used again ends the session: one of two who have it has stolen it. Within 10 seconds it is only refused, as two tabs of a browser may use it at once: ask again with the cookie that there is then.",
		needs: "nothing",
		rate,
		body: z.strictObject({
			refresh: z.string().min(1).max(200).optional().describe("For programs; browsers send their cookie."),
		}),
		answers,
		problems: ["NOT_FOUND", "SESSION_OVER", "REFRESH_REPEATED"],
		handle: async ({ body: { refresh }, request, reply }, context) => {
			const token = refresh ?? cookieOf(request, "refresh");
			if (token === undefined) throw permanent("SESSION_OVER", "nobody is logged in here", { fix: "Log in." });
			return given(reply, await doorsOf(context).logins.refresh(token), refresh === undefined ? "cookie" : "token");
		},
	}),
	route({
		id: "getSession",
		method: "GET",
		path,
		tag,
		summary: "Who you are here, and what you may",
		needs: "read",
		answers: { 200: { description: "That is you.", content: { "application/json": principalForm } } },
		handle: async ({ principal: { kind, name, role, projects, permissions }, reply }) => {
			reply.header("cache-control", "no-store");
			const allowed: readonly Permission[] = permissionsOf[role];
			return { kind, name, role, projects, permissions: allowed.filter((one) => permissions?.includes(one) ?? true) };
		},
	}),
	route({
		id: "logout",
		method: "DELETE",
		path,
		tag,
		summary: "Log out",
		description:
			"A browser may be hours old: where its access token has expired, its refresh token says whose session it is. That no other site's page sends it along is enough there.",
		needs: "nothing",
		rate,
		answers: { 204: { description: "You are logged out." } },
		problems: ["NOT_FOUND", "CSRF_TOKEN_MISSING"],
		handle: async (asked, context) => {
			const { request, reply } = asked;
			const { refuseForged, logout } = doorsOf(context);
			await refuseForged(request);
			// Whatever becomes of the session: who sits down here next is not logged in.
			for (const cookie of ["access", "refresh"] as const) forget(reply, cookie);
			await logout(request, cookieOf(request, "refresh"), visitor(asked));
			return reply.code(204).send();
		},
	}),
	route({
		id: "beginOidcLogin",
		method: "GET",
		path: oidcPath,
		tag,
		summary: "Log in where the house logs in",
		needs: "nothing",
		rate,
		forBrowsers: true,
		answersAnyway: true,
		answers: { 302: { description: "To there.", headers: { location: "The provider's page." } } },
		problems: ["NOT_FOUND", "OIDC_AWAY"],
		handle: async ({ request, reply }, context) => {
			const { url, pending } = await oidcOf(context).begin(cameBackTo(request));
			keep(reply, "pending", pending, 600);
			return reply.header("cache-control", "no-store").redirect(url, 302);
		},
	}),
	route({
		id: "finishOidcLogin",
		method: "GET",
		path: `${oidcPath}/callback`,
		tag,
		summary: "Where the provider sends the browser back to",
		needs: "nothing",
		rate,
		forBrowsers: true,
		answersAnyway: true,
		// Providers add parameters of their own (RFC 6749, 4.1.2).
		anyQuery: true,
		query: {
			code: z.string().max(4000).optional(),
			state: z.string().max(1000).optional(),
			iss: z.string().max(1000).optional(),
			error: z.string().max(1000).optional(),
			error_description: z.string().max(4000).optional(),
			session_state: z.string().max(1000).optional(),
		},
		answers: { 303: { description: "You are logged in.", headers: { location: "The first page." } } },
		problems: [
			"NOT_FOUND",
			"OIDC_AWAY",
			"OIDC_REFUSED",
			"OIDC_INVALID",
			"OIDC_UNVERIFIED",
			"OIDC_UNMAPPED",
			"USER_NAME",
			"USER_EXISTS",
		],
		handle: async (asked, context) => {
			const { request, reply } = asked;
			const returned = new URL(request.url, "http://here").searchParams;
			forget(reply, "pending");
			const session = await oidcOf(context).finish(returned, cookieOf(request, "pending") ?? "", visitor(asked));
			given(reply, session, "cookie");
			return reply.redirect("/", 303);
		},
	}),
	route({
		id: "getSigningKeys",
		method: "GET",
		path: "/.well-known/jwks.json",
		tag,
		summary: "The public keys that access tokens are signed with (RFC 7517)",
		needs: "nothing",
		answers: {
			200: {
				description: "All that still sign, or have signed what still holds.",
				content: {
					"application/json": z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).meta({ id: "Jwks" }),
				},
			},
		},
		problems: ["NOT_FOUND"],
		handle: async ({ reply }, context) => {
			reply.header("cache-control", "public, max-age=300");
			return await doorsOf(context).signingKeys();
		},
	}),
];

/** @throws WatchRabbitError NOT_FOUND (permanent) where nobody has to say who he is */
function doorsOf({ doors }: ApiContext): Doors {
	if (doors !== undefined) return doors;
	throw notFound("login here", "Nobody has to say who he is: set access.required for that.");
}

function oidcOf(context: ApiContext): NonNullable<Doors["oidc"]> {
	const { oidc } = doorsOf(context);
	if (oidc !== undefined) return oidc;
	throw notFound("login elsewhere", "Log in by name and password, or have access.oidc set.");
}

function visitor({ request }: Pick<Asked, "request">) {
	return { address: request.ip, request: request.id };
}

function given(reply: FastifyReply, session: LoggedIn, as: "cookie" | "token"): z.output<typeof sessionForm> {
	const { user, access, refresh, csrf, expiresAt, endsAt } = session;
	const seconds = Math.max(0, Math.floor((endsAt - Date.now()) / 1000));
	if (as === "cookie") {
		keep(reply, "access", access, seconds);
		keep(reply, "refresh", refresh, seconds);
	}
	reply.header("cache-control", "no-store");
	const inBody = as === "token" ? { access, refresh } : { access: null, refresh: null };
	const { name, role, projects } = user;
	return { name, role, projects, csrf, expiresAt: isoTime(expiresAt), endsAt: isoTime(endsAt), ...inBody };
}

/** As the browser knows us; a host that is not ours is refused by the provider, which knows where it may send people. */
function cameBackTo({ protocol, host }: FastifyRequest): string {
	return `${protocol}://${host}${oidcPath}/callback`;
}
