import type { FastifyRequest } from "fastify";
import { permanent } from "#core/errors.ts";
import { isLoopback } from "#domain/loopback.ts";

/** What only a proxy says, on behalf of somebody else. */
const saidForOthers = ["forwarded", "x-forwarded-for"];

/**
 * Whether somebody on this machine asks, and knows whom. A page that a browser here was sent by somebody else asks from here
 * as well: it is known by the name that it takes us for (DNS rebinding), or by its origin.
 */
export function isFromHere({ socket, headers, host }: FastifyRequest): boolean {
	const asked = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : "";
	if (!isLoopback(socket.remoteAddress ?? "") || !isLoopback(asked)) return false;
	if (saidForOthers.some((name) => headers[name] !== undefined)) return false;
	const { origin } = headers;
	return origin === undefined || (URL.canParse(origin) && isLoopback(new URL(origin).hostname));
}

/** @throws WatchRabbitError NOT_FROM_HERE (permanent) */
export function assertFromHere(request: FastifyRequest, what: string, fix: string): void {
	if (!isFromHere(request)) throw permanent("NOT_FROM_HERE", what, { fix });
}
