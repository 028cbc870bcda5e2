import type { z } from "zod";
import { poolForm } from "#domain/lab-forms.ts";
import type { ApiContext } from "../context.ts";
import { text } from "../query.ts";
import type { Resource } from "../resource.ts";
import { heldBack, loadOf } from "./load.ts";

/** As many as the configuration has: always one page. Of jobs only those are counted that are seen. */
export const pools: Resource = {
	name: "pools",
	filters: { name: text },
	item: poolForm,
	list: async (context, { filter }) => ({
		items: (await all(context)).filter(({ name }) => filter.name === undefined || name === filter.name),
	}),
	one: { by: "name", form: poolForm, get: async (context, id) => (await all(context)).find(({ name }) => name === id) },
};

async function all(context: ApiContext): Promise<z.output<typeof poolForm>[]> {
	const load = await loadOf(context);
	return context.settings.pools
		.filter(({ name }) => isSeen(context, name))
		.map(({ name, workers, engine, memoryBytes }) => ({
			name,
			workers,
			engine,
			memoryBytes: memoryBytes ?? null,
			...load.of((jobs) => jobs.pool === name),
			paused: heldBack(load, "pool", name),
		}));
}

/** Whoever sees a pipeline sees where it runs. */
function isSeen({ scope, settings }: ApiContext, pool: string): boolean {
	if (scope === "everything") return true;
	return settings.pipelines.some((pipeline) => pipeline.pool === pool && scope.pipelines.includes(pipeline.name));
}
