import compress from "@fastify/compress";
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import underPressure from "@fastify/under-pressure";
import type { FastifyInstance } from "fastify";
import { transient } from "#core/errors.ts";
import type { HttpSettings } from "#domain/http-settings.ts";

/** From this mean delay of the event loop on (of the last second), more requests would only make it worse. */
const mostDelayMs = 1_000;
/** For a body of JSON, from its first byte to its last. */
const bodyWithinMs = 30_000;

/** What a server does whoever asks: headers, other sites' pages, compression, and nothing more when it can do no more. */
export function protect(app: FastifyInstance, { tls, origins }: Pick<HttpSettings, "tls" | "origins">): void {
	app.register(helmet, {
		// Nothing of what is answered loads anything; pages and reports say what they need in addition.
		contentSecurityPolicy: {
			useDefaults: false,
			directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
		},
		strictTransportSecurity: tls === undefined ? false : { maxAge: 31_536_000 },
		crossOriginResourcePolicy: { policy: origins.length === 0 ? "same-origin" : "cross-origin" },
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
	app.register(compress, { threshold: 1024, encodings: ["br", "gzip"] });
	app.addHook("preParsing", (request, _reply, payload, done) => {
		if (request.headers["content-type"]?.startsWith("application/json") !== true) return done(null, payload);
		const late = setTimeout(() => request.raw.destroy(), bodyWithinMs);
		const over = () => clearTimeout(late);
		request.raw.once("end", over).once("close", over);
		done(null, payload);
	});
}
