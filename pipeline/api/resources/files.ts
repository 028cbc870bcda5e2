import { pageOfFiles } from "#domain/file-pages.ts";
import { fileStates } from "#domain/file-state.ts";
import { fileResource } from "#domain/resources.ts";
import { anyOf, mapPage, type Resource, text } from "../resource.ts";

export const files: Resource = {
	name: "files",
	filters: { source: text, state: anyOf(fileStates) },
	list: async ({ ledger }, request) => mapPage(pageOfFiles(ledger, request), fileResource),
};
