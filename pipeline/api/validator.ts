import { hash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Every answer to a GET that is a text can be asked for again by its validator, and is then not sent again. */
export function validateAnswers(app: FastifyInstance): void {
	app.addHook<string | Buffer | null>("onSend", (request, reply, payload, done) => {
		const fresh = typeof payload === "string" && reply.statusCode === 200 && !reply.hasHeader("etag");
		if (!fresh || (request.method !== "GET" && request.method !== "HEAD")) return done(null, payload);
		// Weak: the same answer compressed has other bytes.
		const same = isUnchanged(request, reply, `W/"${hash("sha1", payload, "base64url")}"`);
		if (same) reply.code(304).removeHeader("content-length");
		done(null, same ? null : payload);
	});
}

/** Sets the validator; true when the caller has this already (RFC 9110, 13.1.2: by weak comparison). */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
	reply.header("etag", etag);
	if (!reply.hasHeader("cache-control")) reply.header("cache-control", "private, no-cache");
	const known = request.headers["if-none-match"]?.split(",").map(opaque);
	return known?.some((tag) => tag === "*" || tag === opaque(etag)) ?? false;
}

function opaque(etag: string): string {
	return etag.trim().replace(/^W\//, "");
}
