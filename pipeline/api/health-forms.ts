import { z } from "zod";
import { alertForm } from "#domain/resource-forms.ts";
import type { HealthReport } from "#observability/health-report.ts";

const time = z.iso.datetime();
const check = z.object({
	name: z.string(),
	state: z.enum(["starting", "up", "down", "draining", "broken"]),
	since: time,
	detail: z.string(),
	optional: z.boolean().describe("It works without it, only slower or without telling others."),
});

export const readinessForm = z
	.object({ ok: z.boolean(), checks: z.array(check).readonly() })
	.meta({ id: "Readiness", description: "Whether the process takes work, and which part of it does not." });

const dependency = check.extend({
	breaker: z.enum(["closed", "open", "half-open"]),
	attempts: z.int(),
	nextAttemptAt: time.nullable(),
	latencySeconds: z.number().nullable(),
	lookedAt: time.nullable(),
	lastError: z.object({ code: z.string(), message: z.string(), fix: z.string().nullable(), at: time }).nullable(),
	recovered: z.object({
		times: z.int(),
		lastAt: time.nullable(),
		afterAttempts: z.int().nullable(),
		afterSeconds: z.number().nullable(),
	}),
});

export const healthForm: z.ZodType<HealthReport> = z
	.object({
		ok: z.boolean().describe("It takes work."),
		live: z.boolean().describe("A restart would not help."),
		draining: z.boolean(),
		at: time,
		dependencies: z.array(dependency).readonly(),
		alerts: z.array(alertForm).readonly().describe("That fire."),
	})
	.meta({ id: "Health", description: "How a process and all that it works with is." });
