import { renameSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fault, permanent } from "#core/errors.ts";
import type { Intake } from "#core/ports/catalog.ts";
import { filesLog } from "#domain/places.ts";
import type { StageSettings } from "#domain/settings.ts";
import { acquisition } from "#test/support/acquisitions.ts";
import { FlowLab, intakeOf } from "#test/support/flow-lab.ts";
import { until } from "#test/support/spine.ts";

let lab: FlowLab;
afterEach(() => lab.close());

const names = (count: number) => Array.from({ length: count }, (_, i) => `f${String(i).padStart(3, "0")}`);
const waiting = async () => (await lab.spine.catalog.pending()).waiting;

describe("acquisitions whose analysis cannot be read", () => {
	const away = (pipeline: string) => renameSync(lab.script(pipeline), `${lab.script(pipeline)}.away`);
	const back = (pipeline: string) => renameSync(`${lab.script(pipeline)}.away`, lab.script(pipeline));

	it("wait as rows: the log is read on, other pipelines go on, and a restart loses none of them", async () => {
		lab = await FlowLab.open({ elisa: [], screen: [] });
		let role = await lab.start();
		away("screen");
		const files = names(80);
		await lab.publish(...files);
		await lab.idle();
		const elisa = files.map((name) => `elisa: ${name}`);
		expect(await lab.jobs()).toEqual(elisa);
		expect(await waiting()).toBe(80);
		expect(await lab.spine.catalog.offset(filesLog)).toBe(await lab.spine.log.end());
		expect([...role.stuck]).toMatchObject([["screen", { code: "SCRIPT_MISSING" }]]);

		await lab.stop();
		role = await lab.start();
		await lab.idle();
		expect([...role.stuck]).toMatchObject([["screen", { code: "SCRIPT_MISSING" }]]);
		await lab.publish("late");
		await lab.idle();
		back("screen");
		await until("nothing is stuck", () => role.stuck.size === 0);
		await lab.idle();
		expect(await lab.jobs()).toEqual(
			[...elisa, "elisa: late", "screen: late", ...files.map((name) => `screen: ${name}`)].sort(),
		);
		expect(await waiting()).toBe(0);
	});

	it("of a batch wait as the batch that they became", async () => {
		const stages: StageSettings[] = [{ stage: "batch", batch: { count: 2, bytes: undefined, timeMs: 3_600_000 } }];
		lab = await FlowLab.open({ nightly: stages });
		const role = await lab.start();
		away("nightly");
		await lab.publish("a", "b", "c");
		await lab.idle();
		expect(await waiting()).toBe(2);
		back("nightly");
		await until("nothing is stuck", () => role.stuck.size === 0);
		const { items } = await lab.spine.catalog.jobs({ limit: 9, filter: {} });
		const made = await lab.spine.catalog.acquisition(items[0]?.acquisition ?? "");
		expect([items.length, made?.members.map(({ path }) => path)]).toEqual([1, ["a", "b"]]);
	});
});

describe("an acquisition that the catalog will never take", () => {
	const refusal = fault("DATABASE_CONSTRAINT", "no such column");
	/** All or nothing, as the catalog's own. */
	const refusing = () =>
		intakeOf(lab.spine.catalog, {
			commitIntake: async (intake: Intake) => {
				if (intake.arrivals.some(({ event }) => event.id === "event-of-bad")) throw refusal;
				return await lab.spine.catalog.commitIntake(intake);
			},
		});
	const buried = async () => await lab.spine.queue.deadLetters();

	it("is kept whole with the reason, alone; the others of its transaction go on, and so does the log", async () => {
		lab = await FlowLab.open({ elisa: [] });
		await lab.publish("a", "b");
		await lab.publishOne(acquisition("bad", "bad"), "event-of-bad");
		await lab.publish("c");
		await lab.start(refusing());
		await lab.idle();
		expect(await lab.jobs()).toEqual(["elisa: a", "elisa: b", "elisa: c"]);
		const [letter, ...others] = await buried();
		expect(others).toEqual([]);
		expect(letter).toMatchObject({ queue: filesLog, reason: "no such column" });
		expect(JSON.parse(letter?.body ?? "")).toMatchObject({ id: "event-of-bad", acquisition: { key: "bad" } });
		expect(lab.spine.events("message.buried")).toHaveLength(1);
		const end = await lab.spine.log.end();
		await until("the offset is past it", async () => (await lab.spine.catalog.offset(filesLog)) === end);
	});

	it("is another thing than a catalog that takes nothing: that ends the role, and nothing is given up", async () => {
		lab = await FlowLab.open({ elisa: [] });
		await lab.publish("a", "b");
		const damaged = permanent("DATABASE_CORRUPT", "damaged", { unusable: true });
		const commitIntake = async (_: Intake) => {
			throw damaged;
		};
		await lab.start(intakeOf(lab.spine.catalog, { commitIntake }));
		await until("the role is broken", () => lab.spine.broken.length > 0);
		expect(lab.spine.broken.splice(0)).toEqual([damaged]);
		await lab.stop();
		expect(await buried()).toEqual([]);
		await lab.start();
		await lab.jobsBecome(["elisa: a", "elisa: b"]);
	});
});

describe("a role that is left while it plans", () => {
	it("commits nothing of it, and who reads the log next does", async () => {
		lab = await FlowLab.open({ elisa: [] });
		const { objects, catalog } = lab.spine;
		const { promise: gate, resolve: open } = Promise.withResolvers<void>();
		const putIfAbsent = objects.putIfAbsent.bind(objects);
		const putting = vi.spyOn(objects, "putIfAbsent").mockImplementation(async (...given) => {
			await gate;
			return await putIfAbsent(...given);
		});
		const arrivals: string[] = [];
		const commitIntake = async (intake: Intake) => {
			arrivals.push(...intake.arrivals.map(({ acquisition: { key } }) => key));
			return await catalog.commitIntake(intake);
		};
		const left = await lab.start(intakeOf(catalog, { commitIntake }));
		await lab.publish("a");
		await until("it plans", () => putting.mock.calls.length > 0);
		await left.drain(0);
		open();
		await lab.start();
		await lab.publish("b");
		await lab.jobsBecome(["elisa: a", "elisa: b"]);
		expect(arrivals).toEqual([]);
	});
});
