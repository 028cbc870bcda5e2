import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "#core/clock.ts";
import { Leased } from "#runtime/leased.ts";
import { Leases } from "#runtime/leases.ts";
import { Spine, until } from "#test/support/spine.ts";

describe("a task under a lease", () => {
	let spine: Spine;
	const started: Leased[] = [];
	let doing: string[];
	beforeEach(async () => {
		spine = await Spine.open();
		doing = [];
	});
	afterEach(async () => {
		await Promise.all(started.splice(0).map((leased) => leased.stop()));
		await spine.close();
	});

	function start(owner: string | undefined, as = owner ?? "only"): Leased {
		const { catalog, report, onBroken } = spine;
		const task = {
			start: () => void doing.push(as),
			stop: async () => void doing.splice(doing.indexOf(as), 1),
		};
		const leases = owner === undefined ? undefined : new Leases(owner, { catalog, clock: systemClock, report });
		const leased = new Leased({ name: "sink/x", leases, clock: systemClock, onBroken, make: () => [task] });
		started.push(leased);
		leased.start();
		return leased;
	}

	it("is done by one process, and by another when that ends", async () => {
		const first = start("first");
		await until("it is done", () => doing.length === 1);
		start("second");
		await first.stop();
		await until("the second does it", () => doing.join() === "second");
	});

	it("is done without a lease by who has the catalog to himself", async () => {
		start(undefined);
		expect(doing).toEqual(["only"]);
		expect(await spine.catalog.leaseholders("sink/", Date.now())).toEqual(new Map());
	});

	it.each(["first", undefined])("is done no more when it is started after its end, nor twice (%s)", async (owner) => {
		const leased = start(owner);
		leased.start();
		await until("it is done", () => doing.length > 0);
		await leased.stop();
		leased.start();
		await leased.stop();
		expect(doing).toEqual([]);
	});

	it("is given up when another was given the lease", async () => {
		start("first");
		await until("it is done", () => doing.length === 1);
		await spine.catalog.endLease("sink/x", "first");
		await spine.catalog.lease("sink/x", "somebody", 60_000, Date.now());
		await until("it is not done here any more", () => doing.length === 0);
	});
});
