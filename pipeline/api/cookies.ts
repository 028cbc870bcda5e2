import type { FastifyReply, FastifyRequest } from "fastify";

export const path = "/api/v1/session";
export const oidcPath = `${path}/oidc`;

/**
 * What a browser keeps of a login: no script reads it, and no other site's page has it sent along. `__Host-`: no other host
 * can set it, not even one of the same domain, which could log somebody in as somebody else.
 */
const cookies = {
	access: { name: "__Host-wr_access", sameSite: "Strict" },
	refresh: { name: "__Host-wr_refresh", sameSite: "Strict" },
	/** Lax: the browser comes back with it from where it logged in. */
	pending: { name: "__Host-wr_oidc", sameSite: "Lax" },
} as const;
type Cookie = keyof typeof cookies;

export function keep(reply: FastifyReply, cookie: Cookie, value: string, seconds: number): void {
	const { name, sameSite } = cookies[cookie];
	reply.header("set-cookie", `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; Secure; SameSite=${sameSite}`);
}

export function forget(reply: FastifyReply, cookie: Cookie): void {
	keep(reply, cookie, "", 0);
}

export function cookieOf({ headers }: FastifyRequest, cookie: Cookie): string | undefined {
	const { name } = cookies[cookie];
	const pairs = headers.cookie?.split(";").map((pair) => pair.trim()) ?? [];
	return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
