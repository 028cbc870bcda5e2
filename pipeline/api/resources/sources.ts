import { sourceResource } from "#domain/resources.ts";
import { watchModeOf } from "#domain/watch-mode.ts";
import type { ApiContext } from "../context.ts";
import { type Resource, text } from "../resource.ts";

/** As many as the configuration has: always one page. */
export const sources: Resource = {
	name: "sources",
	filters: { name: text },
	list: async (context, { filter }) => ({
		items: all(context).filter(({ name }) => filter.name === undefined || name === filter.name),
	}),
	one: async (context, id) => all(context).find(({ name }) => name === id),
};

function all({ settings, ledger }: ApiContext) {
	return settings.sources.map((source) => sourceResource(source, watchModeOf(ledger, source.name)));
}
