import { afterEach, test } from "vitest";
import { startUnreliableServices, type UnreliableServices } from "#test/support/unreliable-services.ts";
import { expectNothingLeft } from "./accounts.ts";
import { Site, type SiteOptions } from "./site.ts";

/** One set of services for the tests of a worker, which come one after the other; what a failed one leaves is taken away. */
class SharedServices {
	#started: Promise<UnreliableServices> | undefined;

	get(): Promise<UnreliableServices> {
		this.#started ??= startUnreliableServices();
		return this.#started;
	}

	async takeAway(): Promise<void> {
		const services = await this.#started;
		this.#started = undefined;
		await services?.stop();
	}
}

const withServices = test
	.extend("made", { scope: "worker" }, () => new SharedServices())
	.extend("shared", { scope: "worker" }, ({ made }, { onCleanup }) => {
		onCleanup(() => made.takeAway());
		return made;
	});

/** Sites for the tests of a file. After each test nothing of its site may be left. */
export function useSites(): { begin(options?: SiteOptions): Promise<Site> } {
	let shared: SharedServices;
	let site: Site | undefined;
	withServices.beforeAll(async ({ shared: ofWorker }) => {
		shared = ofWorker;
		await shared.get();
	});
	afterEach(async ({ task }) => {
		const failed = task.result?.state === "fail";
		try {
			// What a failed test leaves says nothing more.
			if (site !== undefined && !failed) await expectNothingLeft(site);
		} finally {
			await site?.at.lab.remove();
			site = undefined;
			if (failed) await shared.takeAway();
		}
	});
	return {
		begin: async (options = {}) => {
			site = await Site.prepare(await shared.get(), options);
			await site.begin();
			return site;
		},
	};
}
