import type { z } from "zod";
import { seesPipeline } from "#domain/access.ts";
import { pipelineForm } from "#domain/lab-forms.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import type { ApiContext } from "../context.ts";
import { filters } from "../filters.ts";
import { text } from "../query.ts";
import type { Resource } from "../resource.ts";
import { heldBack, type Load, loadOf } from "./load.ts";

/** As many as the configuration has: always one page. */
export const pipelines: Resource = {
	name: "pipelines",
	filters: { name: text, ...filters("source", "pool") },
	item: pipelineForm,
	list: async (context, { filter: { name, source, pool } }) => {
		const has = (asked: typeof source, value: string) => asked === undefined || [asked].flat().includes(value);
		const items = await all(context);
		return { items: items.filter((one) => has(name, one.name) && has(source, one.source) && has(pool, one.pool)) };
	},
	one: {
		by: "name",
		form: pipelineForm,
		get: async (context, id) => (await all(context)).find(({ name }) => name === id),
	},
};

async function all(context: ApiContext): Promise<z.output<typeof pipelineForm>[]> {
	const load = await loadOf(context);
	const seen = context.settings.pipelines.filter(({ name }) => seesPipeline(context.scope, name));
	return seen.map((pipeline) => pipelineResource(pipeline, load));
}

function pipelineResource(settings: PipelineSettings, load: Load): z.output<typeof pipelineForm> {
	const { name, from, stages, analysis, params, pool, priority, timeoutMs, retry } = settings;
	return {
		name,
		source: from,
		stages: stages.map((stage) => (stage.stage === "custom" ? stage.name : stage.stage)),
		analysis: analysis.file,
		params,
		pool,
		priority,
		timeoutSeconds: timeoutMs / 1000,
		attempts: retry.attempts,
		...load.of((jobs) => jobs.pipeline === name),
		paused: heldBack(load, "pipeline", name),
	};
}
