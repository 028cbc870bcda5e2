import type { FastifyInstance, FastifyReply } from "fastify";
import { isoTime } from "#domain/resources.ts";
import { expose } from "#observability/expose.ts";
import type { Readiness } from "#observability/health.ts";
import { healthPage } from "#observability/health-page.ts";
import { healthReport } from "#observability/health-report.ts";
import type { OperationsContext } from "./context.ts";
import { serveLogLevel } from "./log-level.ts";

/** What machines ask: is it alive, does it take work, how is it doing. */
export function serveOperations(app: FastifyInstance, context: OperationsContext, draining: () => boolean): void {
	const { health, metrics, alerts } = context;
	app.get("/health", async (request, reply) => {
		const report = healthReport(health, alerts.active, draining(), Date.now());
		reply.code(report.ok ? 200 : 503).headers({ "cache-control": "no-store", vary: "accept" });
		if (request.headers.accept?.includes("text/html") !== true) return report;
		const policy = "default-src 'none'; style-src 'unsafe-inline'";
		return reply.type("text/html; charset=utf-8").header("content-security-policy", policy).send(healthPage(report));
	});

	app.get("/health/live", async (_request, reply) => answer(reply, health.live()));

	app.get("/health/ready", async (_request, reply) => {
		const { ok, checks } = health.ready();
		return answer(reply, { ok: ok && !draining(), checks });
	});

	app.get("/metrics", async (request, reply) => {
		const { contentType, text } = await expose(metrics, request.headers.accept);
		return reply.type(contentType).send(text);
	});

	serveLogLevel(app, context);
}

function answer(reply: FastifyReply, { ok, checks }: Readiness): FastifyReply {
	return reply
		.code(ok ? 200 : 503)
		.header("cache-control", "no-store")
		.send({ ok, checks: checks.map(({ since, ...check }) => ({ ...check, since: isoTime(since) })) });
}
