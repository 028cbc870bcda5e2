import { afterEach, beforeEach, expect, it } from "vitest";
import { operate } from "#app/operate.ts";
import type { Workbench } from "#cli/application.ts";
import { systemClock } from "#core/clock.ts";
import { SmallLab } from "#test/support/small-lab.ts";

let lab: SmallLab;
let bench: Workbench;
beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
});
afterEach(async () => {
	await bench.close();
	await lab.remove();
});

it("what is asked for from a command line is noted by the catalog's clock, by which it is judged", async () => {
	const clock = { ...systemClock, now: () => 5_000 };
	const request = { kind: "drain", target: { type: "process", name: "host:1" }, by: "cli:anna@host" } as const;
	const { operation } = await operate({ ...bench, clock }, request);
	expect(operation.requestedAt).toBe(5_000);
	expect(await bench.catalog.operations.pauses(64_000)).toHaveLength(1);
	expect(await bench.catalog.operations.pauses(65_001)).toEqual([]);
});
