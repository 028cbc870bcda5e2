import type { IncomingMessage, ServerResponse } from "node:http";
import compress from "@fastify/compress";
import cors from "@fastify/cors";
import underPressure from "@fastify/under-pressure";
import type { FastifyInstance } from "fastify";
import helmet from "helmet";
import { transient } from "#core/errors.ts";
import type { HttpSettings } from "#domain/http-settings.ts";

/** From this mean delay of the event loop on (of the last second), more requests would only make it worse. */
const mostDelayMs = 1_000;
/** For a body of JSON, from its first byte to its last. */
const bodyWithinMs = 30_000;

/** What a server does whoever asks: headers, other sites' pages, compression, and nothing more when it can do no more. */
export function protect(app: FastifyInstance, { tls, origins }: Pick<HttpSettings, "tls" | "origins">): void {
	const headers = headersFor(tls !== undefined, origins.length > 0);
	app.addHook("onRequest", (_request, reply, done) => {
		reply.headers(headers);
		done();
	});
	if (origins.length > 0) {
		app.register(cors, {
			origin: [...origins],
			credentials: true,
			methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
			exposedHeaders: ["etag", "location", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id"],
			maxAge: 600,
		});
	}
	app.register(underPressure, {
		maxEventLoopDelay: mostDelayMs,
		pressureHandler: ({ url }) => {
			// Health and metrics are wanted most when it is worst.
			if (!url.startsWith("/api/")) return;
			throw transient("OVERLOADED", "this process cannot keep up", {
				fix: "Ask again in a few seconds, and less often.",
			});
		},
	});
	app.register(compress, { threshold: 1024, encodings: ["br", "gzip"], globalDecompression: false });
	app.addHook("preParsing", (request, _reply, payload, done) => {
		if ((request.routeOptions.config as { readonly streams?: boolean }).streams === true) return done(null, payload);
		const late = setTimeout(() => request.raw.destroy(), bodyWithinMs);
		const over = () => clearTimeout(late);
		request.raw.once("end", over).once("close", over);
		done(null, payload);
	});
}

/** Helmet's, worked out once: they are the same for every answer. Pages and reports say what they need in addition. */
function headersFor(encrypted: boolean, forOthers: boolean): Readonly<Record<string, string>> {
	const headers: Record<string, string> = {};
	const middleware = helmet({
		// Nothing of what is answered loads anything.
		contentSecurityPolicy: {
			useDefaults: false,
			directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
		},
		strictTransportSecurity: encrypted ? { maxAge: 31_536_000 } : false,
		crossOriginResourcePolicy: { policy: forOthers ? "cross-origin" : "same-origin" },
	});
	const response = {
		setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
		removeHeader: () => {},
	};
	middleware({} as IncomingMessage, response as unknown as ServerResponse, () => {});
	return headers;
}
