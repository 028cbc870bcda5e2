import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openState } from "#app/state.ts";
import { artifactKey } from "#domain/object-keys.ts";
import { placesIn } from "#domain/places.ts";
import { acquisition, arrival, intake } from "#test/support/acquisitions.ts";
import { embedded } from "#test/support/embedded.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describe("the state in a data directory", () => {
	let data: string;
	let remove: () => void;
	beforeEach(() => {
		({ path: data, remove } = temporaryDirectory());
	});
	afterEach(() => remove());

	/** What is left when a job was made, and its first attempt has stored something. */
	async function work(): Promise<void> {
		const { catalog, objects, close } = await openState({ data, services: embedded }, () => {});
		await catalog.commitIntake(intake([arrival(acquisition("a", "A"))]));
		await objects.put(artifactKey("j1", 1, "plot.png"), "png");
		await close();
	}

	it("is made where it is missing, and opened again", async () => {
		await work();
		const { catalog, close } = await openState({ data, services: embedded }, () => {});
		expect(await catalog.countJobs()).toMatchObject({ queued: 1 });
		await close();
	});

	it("is refused when results are stored and the catalog is gone, each time, with what to do", async () => {
		await work();
		rmSync(placesIn(data).catalog);
		const refused = expect.objectContaining({
			code: "CATALOG_MISSING",
			class: "permanent",
			message: expect.stringContaining(data),
			fix: expect.stringContaining("catalog.db"),
		});
		await expect(openState({ data, services: embedded }, () => {})).rejects.toEqual(refused);
		await expect(openState({ data, services: embedded }, () => {})).rejects.toEqual(refused);
	});

	it("is new where nothing was stored yet", async () => {
		await (await openState({ data, services: embedded }, () => {})).close();
		rmSync(placesIn(data).catalog);
		await (await openState({ data, services: embedded }, () => {})).close();
	});
});
