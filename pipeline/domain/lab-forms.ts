import { z } from "zod";
import { jobStates } from "./job.ts";

/** The forms of what a lab is made of, and how it stands, by the rules of `resource-forms.ts`. */

const count = z.int().nonnegative();
const time = z.iso.datetime();

const waiting = {
	queued: count.describe("Jobs that wait for a worker, or for their next attempt."),
	running: count.describe("Jobs that are analysed at the moment."),
};

const heldBack = z
	.object({ since: time, by: z.string(), why: z.string().nullable() })
	.nullable()
	.describe("Whoever paused it; null where nobody did.");

export const pipelineForm = z
	.object({
		name: z.string(),
		source: z.string().describe("Whose acquisitions come in."),
		stages: z.array(z.string()).describe("Between source and analysis, in order."),
		analysis: z.string().describe("The script, the folder, or pkg::fun."),
		params: z.record(z.string(), z.unknown()).readonly(),
		pool: z.string(),
		priority: z.int(),
		timeoutSeconds: z.number(),
		attempts: z.int().describe("In all, the first one included."),
		...waiting,
		paused: heldBack,
	})
	.meta({ id: "Pipeline", description: "What is done to the acquisitions of a source." });

export const poolForm = z
	.object({
		name: z.string(),
		workers: z.int().describe("Runs at a time in each process that works, at most."),
		engine: z.enum(["auto", "fork", "spare", "wasm"]),
		memoryBytes: z.number().nullable().describe("A run's limit."),
		...waiting,
		paused: heldBack,
	})
	.meta({ id: "Pool", description: "R workers." });

export const statusForm = z
	.object({
		version: z.string(),
		at: time,
		ok: z.boolean().describe("The process that answers takes work."),
		draining: z.boolean(),
		jobs: z.object(
			Object.fromEntries(jobStates.map((state) => [state, count])) as Record<(typeof jobStates)[number], typeof count>,
		),
		waiting: count.describe("Acquisitions that wait for others of their group or batch."),
		alerts: count.describe("That fire."),
		sources: count,
		pipelines: count,
	})
	.meta({ id: "Status", description: "How the lab stands, at a glance." });
