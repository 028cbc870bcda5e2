import { pageOfFiles } from "#domain/file-pages.ts";
import { fileStates } from "#domain/file-state.ts";
import { anyOf, type Resource, text } from "../resource.ts";

export const files: Resource = {
	name: "files",
	filters: { source: text, state: anyOf(fileStates) },
	list: async ({ ledger, catalog, settings }, request) => {
		const sources = settings.sources.map(({ name }) => name);
		return await pageOfFiles({ ledger, catalog, sources, now: Date.now() }, request);
	},
};
