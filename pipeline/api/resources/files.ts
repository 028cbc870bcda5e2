import { pageOfFiles } from "#domain/file-pages.ts";
import { fileStates } from "#domain/file-state.ts";
import { fileForm } from "#domain/resource-forms.ts";
import { anyOf, text } from "../query.ts";
import type { Resource } from "../resource.ts";

export const files: Resource = {
	name: "files",
	filters: { source: text, state: anyOf(fileStates) },
	item: fileForm,
	list: async ({ ledger, catalog, settings, scope }, request) => {
		const sources = settings.sources.map(({ name }) => name);
		return await pageOfFiles({ ledger, catalog, sources, scope, now: Date.now() }, request);
	},
};
