import { afterAll, afterEach, beforeAll } from "vitest";
import { startUnreliableServices, type UnreliableServices } from "#test/support/unreliable-services.ts";
import { expectNothingLeft } from "./accounts.ts";
import { Site, type SiteOptions } from "./site.ts";

/** Services for the tests of a file. After each test nothing of its site may be left. */
export function useSites(): { begin(options?: SiteOptions): Promise<Site> } {
	let services: UnreliableServices;
	let site: Site | undefined;
	beforeAll(async () => {
		services = await startUnreliableServices();
	});
	afterEach(async ({ task }) => {
		try {
			// What a failed test leaves says nothing more.
			if (site !== undefined && task.result?.state !== "fail") await expectNothingLeft(site);
		} finally {
			await site?.at.lab.remove();
			site = undefined;
		}
	});
	afterAll(() => services.stop());
	return {
		begin: async (options = {}) => {
			site = await Site.prepare(services, options);
			await site.begin();
			return site;
		},
	};
}
