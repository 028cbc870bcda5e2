import { afterEach, beforeEach, expect, it } from "vitest";
import { carryingHere, carryingInFlow } from "#app/carriers.ts";
import { systemClock } from "#core/clock.ts";
import { WakeUp } from "#core/wake-up.ts";
import type { OperationKind, Target } from "#domain/operation.ts";
import type { Carrying } from "#runtime/carrying.ts";
import { Paused } from "#runtime/paused.ts";
import { Spine, until } from "#test/support/spine.ts";

let spine: Spine;
let asked: WakeUp;
let paused: Paused;
let carrying: readonly Carrying[];
beforeEach(async () => {
	spine = await Spine.open();
	asked = new WakeUp();
	const { catalog, objects, report, onBroken } = spine;
	const common = { catalog, objects, report, onBroken, clock: systemClock };
	paused = new Paused({ ...common, operations: catalog.operations, process: "host:1", asked });
	await paused.start();
	const context = { ...common, paused };
	const inFlow = carryingInFlow(context, { pipelines: [] }, new WakeUp());
	carrying = [...inFlow, carryingHere(context, "host:1", () => 0)];
	for (const each of carrying) each.start();
});
afterEach(async () => {
	await Promise.all(carrying.map((each) => each.stop()));
	await paused.stop();
	await spine.close();
});

async function ask(kind: OperationKind, target: Target): Promise<string> {
	const { operation } = await spine.catalog.operations.request({ kind, target, by: "user:anna" }, Date.now());
	asked.ring();
	return operation.id;
}

const stateOf = async (id: string) => (await spine.catalog.operations.one(id))?.state;

it("many drains, which may take hours, keep nothing waiting that is asked for after them", async () => {
	for (let pid = 100; pid < 120; pid++) await ask("drain", { type: "process", name: `host:${pid}` });
	const pool: Target = { type: "pool", name: "default" };
	await ask("pause", pool);
	const resumed = await ask("resume", pool);
	await until("it is carried out", async () => (await stateOf(resumed)) === "completed");
	const last = await ask("drain", { type: "everything", name: "" });
	await until("the last of them as well", async () => (await stateOf(last)) === "completed");
});

it("a drain of a process that has nothing in hand is over when it has heard of it", async () => {
	const drained = await ask("drain", { type: "process", name: "host:1" });
	await until("it is over", async () => (await stateOf(drained)) === "completed");
	expect(await spine.catalog.operations.one(drained)).toMatchObject({
		progress: { message: expect.stringMatching(/has nothing in hand any more/) },
	});
});
