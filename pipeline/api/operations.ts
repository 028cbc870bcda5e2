import type { FastifyReply } from "fastify";
import type { z } from "zod";
import { permanent } from "#core/errors.ts";
import { isoTime } from "#domain/resources.ts";
import { expose } from "#observability/expose.ts";
import type { Readiness } from "#observability/health.ts";
import { healthPage } from "#observability/health-page.ts";
import { type HealthReport, healthReport } from "#observability/health-report.ts";
import type { OperationsContext } from "./context.ts";
import { healthForm, readinessForm } from "./health-forms.ts";
import { logLevelRoutes } from "./log-level.ts";
import { type Route, route } from "./route.ts";

const tag = "health";
const readiness = (yes: string, no: string) => ({
	200: { description: yes, content: { "application/json": readinessForm } },
	503: { description: no, content: { "application/json": readinessForm } },
});

/** What machines ask: is it alive, does it take work, how is it doing. */
export const operations: readonly Route<OperationsContext>[] = [
	route({
		id: "getHealth",
		method: "GET",
		path: "/health",
		tag,
		summary: "How the process and all that it works with is",
		needs: "nothing",
		answersAnyway: true,
		answers: {
			200: { description: "It takes work.", content: { "application/json": healthForm, "text/html": "text" } },
			503: { description: "It takes none.", content: { "application/json": healthForm, "text/html": "text" } },
		},
		handle: async ({ mediaType, request, reply }, { health, alerts, draining, trusts }: OperationsContext) => {
			const whole = healthReport(health, alerts.active, draining(), Date.now());
			const report = (await trusts(request)) ? whole : withoutDetails(whole);
			reply.code(report.ok ? 200 : 503).header("cache-control", "no-store");
			if (mediaType !== "text/html") return report;
			const policy = "default-src 'none'; style-src 'unsafe-inline'";
			return reply.type("text/html; charset=utf-8").header("content-security-policy", policy).send(healthPage(report));
		},
	}),
	route({
		id: "getLiveness",
		method: "GET",
		path: "/health/live",
		tag,
		summary: "Whether the process is alive",
		needs: "nothing",
		answersAnyway: true,
		answers: readiness("It is.", "A restart would help."),
		handle: async ({ reply }, { health }: OperationsContext) => told(reply, health.live()),
	}),
	route({
		id: "getReadiness",
		method: "GET",
		path: "/health/ready",
		tag,
		summary: "Whether the process takes work",
		needs: "nothing",
		answersAnyway: true,
		answers: readiness("It does.", "A part of it is not ready, or it is ending."),
		handle: async ({ request, reply }, { health, draining, trusts }: OperationsContext) => {
			const { ok, checks } = health.ready();
			const shown = (await trusts(request)) ? checks : checks.map((check) => ({ ...check, detail: "" }));
			return told(reply, { ok: ok && !draining(), checks: shown });
		},
	}),
	route({
		id: "getMetrics",
		method: "GET",
		path: "/metrics",
		tag,
		summary: "All metrics, for Prometheus",
		needs: "nothing",
		answersAnyway: true,
		answers: {
			200: {
				description: "OpenMetrics with exemplars for who accepts it, the older format for the others.",
				content: { "text/plain": "text", "application/openmetrics-text": "text" },
			},
		},
		problems: ["UNAUTHENTICATED"],
		handle: async ({ request, reply }, { metrics, scrapes }: OperationsContext) => {
			if (!(await scrapes(request))) {
				throw permanent("UNAUTHENTICATED", "the metrics name sources and pipelines, and this asks who you are", {
					fix: "Give Prometheus an API key (authorization: credentials), or let it ask from this machine.",
				});
			}
			const { contentType, text } = await expose(metrics, request.headers.accept);
			return reply.type(contentType).header("cache-control", "no-store").send(text);
		},
	}),
	...logLevelRoutes,
];

/** For whom nobody knows: states, and nothing of names, addresses and what is wrong. */
function withoutDetails(report: HealthReport): HealthReport {
	const dependencies = report.dependencies.map((one) => ({ ...one, detail: "", lastError: null }));
	return { ...report, dependencies, alerts: [] };
}

function told(reply: FastifyReply, { ok, checks }: Readiness): z.output<typeof readinessForm> {
	reply.code(ok ? 200 : 503).header("cache-control", "no-store");
	return { ok, checks: checks.map(({ since, ...check }) => ({ ...check, since: isoTime(since) })) };
}
