import { seesSource } from "#domain/access.ts";
import { sourceForm } from "#domain/resource-forms.ts";
import { sourceResource } from "#domain/resources.ts";
import { watchModeOf } from "#domain/watch-mode.ts";
import type { ApiContext } from "../context.ts";
import { text } from "../query.ts";
import type { Resource } from "../resource.ts";

/** As many as the configuration has: always one page. */
export const sources: Resource = {
	name: "sources",
	filters: { name: text },
	item: sourceForm,
	list: async (context, { filter }) => ({
		items: all(context).filter(({ name }) => filter.name === undefined || name === filter.name),
	}),
	one: { by: "name", form: sourceForm, get: async (context, id) => all(context).find(({ name }) => name === id) },
};

function all({ settings, ledger, scope }: ApiContext) {
	const seen = settings.sources.filter(({ name }) => seesSource(scope, name));
	return seen.map((source) => sourceResource(source, watchModeOf(ledger, source.name)));
}
