import type { Finding } from "#cli/doctor/finding.ts";
import type { HttpSettings } from "#domain/http-settings.ts";
import type { ServiceSettings } from "#domain/settings.ts";

/** No service outside of the process. */
export const embedded: ServiceSettings = {
	broker: undefined,
	catalog: undefined,
	objects: undefined,
	cache: undefined,
	kafka: undefined,
};

/** At a free port of this machine. */
export const loopback: HttpSettings = {
	host: "127.0.0.1",
	port: 0,
	tls: undefined,
	proxies: [],
	origins: [],
	upload: { mostBytes: 50e9 },
	rate: { perSecond: 1_000_000, burst: 1_000_000 },
};

/** What `doctor` finds of no services. */
export async function* noServices(): AsyncGenerator<Finding> {}
