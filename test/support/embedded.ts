import type { Finding } from "#cli/doctor/finding.ts";
import type { ServiceSettings } from "#domain/settings.ts";

/** No service outside of the process. */
export const embedded: ServiceSettings = {
	broker: undefined,
	catalog: undefined,
	objects: undefined,
	cache: undefined,
	kafka: undefined,
};

/** What `doctor` finds of no services. */
export async function* noServices(): AsyncGenerator<Finding> {}
