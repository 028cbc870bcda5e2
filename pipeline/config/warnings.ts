import type { Settings } from "#domain/settings.ts";

/** What is allowed and yet probably not meant; sentences. */
export function warningsOf({ sources, pipelines, access, services }: Settings): string[] {
	const unsealed = access.required && access.secret === undefined && services.catalog !== undefined;
	const idle = sources
		.filter(({ name }) => !pipelines.some(({ from }) => from === name))
		.map(({ name }) => `source "${name}": no pipeline takes from it; its files are recorded, and not analysed`);
	return [
		...(sources.length === 0 ? ["no source is declared: nothing is watched"] : []),
		...idle,
		...(unsealed ? ["access.secret is not given: who may read the catalog can make access tokens"] : []),
	];
}
