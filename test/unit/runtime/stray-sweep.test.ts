import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { systemClock } from "#core/clock.ts";
import { permanent } from "#core/errors.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import { attemptPrefix } from "#domain/object-keys.ts";
import { StraySweep } from "#runtime/stray-sweep.ts";
import { acquisition, arrival, claimed, commitOf, endOf, intake, plan } from "#test/support/acquisitions.ts";
import { Spine, until } from "#test/support/spine.ts";

/** Refuses to remove anything three times. */
class Stubborn extends DirectoryObjectStore {
	#refusals = 3;

	override async remove(keys: readonly string[]): Promise<void> {
		if (this.#refusals-- > 0) throw permanent("EACCES", "permission denied");
		await super.remove(keys);
	}
}

describe("the sweep of strays", () => {
	let spine: Spine;
	beforeEach(async () => {
		spine = await Spine.open();
	});
	afterEach(() => spine.close());

	const plate = acquisition("a", "A");
	const id = plan(plate).id;

	const sweepWith = (objects: ObjectStore = spine.objects) => new StraySweep({ ...sweepable(), objects });
	const sweepable = () => {
		const { catalog, report, onBroken } = spine;
		return { catalog, clock: systemClock, report, onBroken };
	};

	/** An attempt that stored half of its result, then lost its lease. */
	async function lostHalfWay(): Promise<string> {
		await spine.catalog.commitIntake(intake([arrival(plate)]));
		const { token } = await claimed(spine.catalog, id, 1_000);
		await spine.objects.put(`${attemptPrefix(id, token)}artifacts/plot.png`, "png");
		await spine.catalog.wake(31_000);
		return attemptPrefix(id, token);
	}

	const noneLeft = () => until("no stray is left", async () => (await spine.catalog.pending()).strays === 0);

	it("removes what an attempt stored that was reaped, also when we ended in between", async () => {
		const prefix = await lostHalfWay();
		expect(await spine.keys(prefix)).toHaveLength(1);
		const sweep = sweepWith();
		sweep.start();
		await noneLeft();
		await sweep.stop();
		expect(await spine.keys(prefix)).toEqual([]);
	});

	it("leaves the objects of a result alone", async () => {
		const lost = await lostHalfWay();
		const job = await claimed(spine.catalog, id, 31_000);
		await spine.objects.put(`${attemptPrefix(id, job.token)}manifest.json`, "{}");
		await spine.catalog.commitResult(commitOf(job));
		await spine.catalog.endAttempt(endOf(job, { outcome: "lost" }));
		const sweep = sweepWith();
		sweep.start();
		await noneLeft();
		await sweep.stop();
		expect(await spine.keys(lost)).toEqual([]);
		expect(await spine.keys(attemptPrefix(id, job.token))).toHaveLength(1);
	});

	it("tries again until what cannot be removed can be, and says so once", async () => {
		const prefix = await lostHalfWay();
		const objects = new Stubborn(join(spine.path, "objects"));
		const sweep = sweepWith(objects);
		sweep.start();
		await noneLeft();
		await sweep.stop();
		expect(await spine.keys(prefix)).toEqual([]);
		expect(spine.events("neighbour.away").map(({ error }) => error.code)).toEqual(["STRAY_STAYS"]);
		expect(spine.events("neighbour.back")).toHaveLength(1);
	});

	it("can be stopped before it is started, and twice", async () => {
		const sweep = sweepWith();
		await sweep.stop();
		sweep.start();
		await sweep.stop();
		await lostHalfWay();
		expect((await spine.catalog.pending()).strays).toBe(1);
	});
});
