import type { FastifyReply, FastifyRequest } from "fastify";
import { transient } from "#core/errors.ts";
import type { Taken, Throttle } from "#core/ports/throttle.ts";
import type { Principal } from "#domain/access.ts";
import { networkOf } from "#domain/address-network.ts";
import type { Rate } from "#domain/http-settings.ts";

/** Takes a token of the client's for a route, and says how many there are (draft-ietf-httpapi-ratelimit-headers). */
export function takeOf(throttle: Throttle, route: string, { perSecond, burst }: Rate) {
	const policy = `"${route}";q=${burst};w=${Math.ceil(burst / perSecond)}`;
	const say = ({ allowed, left, againInMs, fullInMs }: Taken, reply: FastifyReply) => {
		const seconds = Math.ceil((allowed ? fullInMs : againInMs) / 1000);
		reply.headers({ "ratelimit-policy": policy, ratelimit: `"${route}";r=${left};t=${seconds}` });
		if (allowed) return;
		reply.header("retry-after", String(Math.max(1, Math.ceil(againInMs / 1000))));
		throw transient("TOO_MANY_REQUESTS", `${burst} requests at once and ${perSecond} a second are allowed here`, {
			fix: "Ask again after as many seconds as Retry-After says.",
		});
	};
	/** @throws WatchRabbitError TOO_MANY_REQUESTS (transient) */
	return (request: FastifyRequest, reply: FastifyReply, principal: Principal | undefined): void | Promise<void> => {
		const taken = throttle.take(`${clientOf(request, principal)}/${route}`, perSecond, burst);
		return taken instanceof Promise ? taken.then((one) => say(one, reply)) : say(taken, reply);
	};
}

/** Who has a name is counted by it; of the others everybody behind an address, or a subscriber's network. */
function clientOf({ ip }: FastifyRequest, principal: Principal | undefined): string {
	if (principal !== undefined && principal.kind !== "anyone") return `${principal.kind}/${principal.id}`;
	return networkOf(ip);
}
