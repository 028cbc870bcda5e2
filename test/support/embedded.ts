import type { ServiceSettings } from "#domain/settings.ts";

/** No service outside of the process. */
export const embedded: ServiceSettings = {
	broker: undefined,
	catalog: undefined,
	objects: undefined,
	cache: undefined,
};
