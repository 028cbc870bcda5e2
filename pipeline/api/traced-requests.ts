import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Tracer } from "#core/ports/tracer.ts";
import { startTrace, type Trace, traceIn } from "#core/trace.ts";

interface Asked {
	readonly below: Trace | undefined;
	readonly at: Trace;
	readonly startMs: number;
}

/** Requests that are traced, as long as they are answered. */
const asked = new WeakMap<FastifyRequest, Asked>();

/** A span for each request of the API, below that of who asked where he says so. */
export function traceRequests(app: FastifyInstance, tracer: Tracer): void {
	if (!tracer.on) return;
	app.addHook("onRequest", async (request) => {
		if (!request.url.startsWith("/api/")) return;
		const { traceparent } = request.headers;
		const below = traceIn(typeof traceparent === "string" ? traceparent : undefined);
		const at = below === undefined ? tracer.sampled(startTrace(), "request") : tracer.below(below);
		asked.set(request, { below, at, startMs: tracer.now() });
	});
	app.addHook("onResponse", async (request, { statusCode }) => {
		const known = asked.get(request);
		if (known === undefined) return;
		const route = request.routeOptions.url;
		const attributes = {
			"http.request.method": request.method,
			"http.route": route,
			"http.response.status_code": statusCode,
			"url.path": request.url.split("?")[0],
			"url.scheme": request.protocol,
		};
		const failure = statusCode < 500 ? undefined : { code: String(statusCode), message: "" };
		tracer.record(
			"request",
			known.below,
			{ startMs: known.startMs, endMs: tracer.now() },
			{
				of: route === undefined ? request.method : `${request.method} ${route}`,
				as: known.at,
				attributes,
				...(failure && { failure }),
			},
		);
	});
}

/** Where the request is in its trace. */
export function placeOf(request: FastifyRequest): Trace | undefined {
	return asked.get(request)?.at;
}
