import { renameSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { Arrival, Intake } from "#core/ports/catalog.ts";
import { filesLog } from "#domain/places.ts";
import type { GroupSettings, StageSettings } from "#domain/settings.ts";
import { acquisition, claimed } from "#test/support/acquisitions.ts";
import { FlowLab, intakeOf } from "#test/support/flow-lab.ts";
import { SetClock } from "#test/support/set-clock.ts";
import { until } from "#test/support/spine.ts";

describe("the flow role", () => {
	let lab: FlowLab;
	afterEach(() => lab.close());

	/** Whether the objective of results counts it, by pipeline. */
	async function promises(): Promise<Record<string, boolean>> {
		const { items } = await lab.spine.catalog.jobs({ limit: 9, filter: {} });
		const jobs = await Promise.all(items.map(({ id }) => claimed(lab.spine.catalog, id, Date.now())));
		return Object.fromEntries(jobs.map(({ plan, promised }) => [plan.pipeline, promised]));
	}

	it("makes a job of each acquisition, and commits the offset with it", async () => {
		lab = await FlowLab.open({ elisa: [] });
		await lab.start();
		await lab.publish("a", "b");
		await lab.jobsBecome(["elisa: a", "elisa: b"]);
		expect(await lab.spine.catalog.offset(filesLog)).toBe(await lab.spine.log.end());
	});

	it("changes nothing when it reads the same events again", async () => {
		lab = await FlowLab.open({ elisa: [] });
		await lab.start();
		for (let i = 0; i < 3; i++) await lab.publishOne(acquisition("a", "A"), "event-of-a");
		await lab.idle();
		await lab.stop();
		await lab.start();
		await lab.publishOne(acquisition("a", "A"), "event-of-a");
		await lab.idle();
		expect(await lab.jobs()).toEqual(["elisa: a"]);
		const { items } = await lab.spine.catalog.acquisitions({ limit: 9, filter: {} });
		expect((await lab.spine.catalog.history(items[0]?.id ?? "")).map(({ what }) => what)).toEqual(["acquired"]);
	});

	it("moves the offset also past what makes no job", async () => {
		lab = await FlowLab.open({ elisa: [{ stage: "route", route: { match: "^never" } }] });
		await lab.start();
		await lab.publish("a", "b");
		await lab.idle();
		const end = await lab.spine.log.end();
		await until("the offset follows", async () => (await lab.spine.catalog.offset(filesLog)) === end);
		expect(await lab.jobs()).toEqual([]);
	});

	it("keeps a message that nobody can read whole, with the reason, and goes on", async () => {
		lab = await FlowLab.open({ elisa: [] });
		await lab.start();
		await lab.spine.log.append([{ id: "x", key: "x", body: '{"half": ', traceparent: "" }]);
		await lab.publish("a");
		await lab.jobsBecome(["elisa: a"]);
		expect(await lab.spine.queue.deadLetters()).toMatchObject([
			{ queue: filesLog, body: '{"half": ', reason: expect.stringContaining("not JSON") },
		]);
		expect(lab.spine.events("message.buried")).toHaveLength(1);
	});

	it("holds back only the pipeline whose script is missing, and goes on by itself when it is back", async () => {
		lab = await FlowLab.open({ elisa: [], screen: [] });
		await lab.start();
		const script = lab.script("screen");
		renameSync(script, `${script}.away`);
		await lab.publishOne(acquisition("a", "A1"));
		await lab.publishOne(acquisition("a", "A2"));
		await lab.publish("b");
		await lab.jobsBecome(["elisa: a", "elisa: a", "elisa: b"]);
		expect(lab.spine.events("pipeline.trouble").map(({ pipeline }) => pipeline)).toEqual(["screen"]);
		renameSync(`${script}.away`, script);
		await lab.idle();
		expect(await lab.jobs()).toEqual(["elisa: a", "elisa: a", "elisa: b", "screen: a", "screen: a", "screen: b"]);
		const { items } = await lab.spine.catalog.jobs({ limit: 9, order: "asc", filter: { pipeline: "screen" } });
		const older = items.filter(({ state }) => state === "superseded");
		expect(older).toHaveLength(1);
		expect((await lab.spine.catalog.acquisition(older[0]?.acquisition ?? ""))?.version).toBe(1);
		expect(lab.spine.events("pipeline.ready")).toHaveLength(1);
	});

	it("promises what is gathered as it came, however long its parts waited for one another", async () => {
		lab = await FlowLab.open({ elisa: [{ stage: "batch", batch: { count: 2, bytes: undefined, timeMs: 60_000 } }] });
		await lab.start();
		await lab.publish("a", "b");
		await lab.idle();
		expect(await promises()).toEqual({ elisa: true });
	});

	it("promises what goes through stages under the event that it came with, after a crash on the way as well", async () => {
		const match = { stage: "route", route: { match: "a" } } as const;
		lab = await FlowLab.open({ routed: [match], shouted: [{ stage: "custom", name: "shout" }], all: [] });
		const { catalog } = lab.spine;
		// What is written of it before the crash: what goes through no stages.
		const direct = ({ plans }: Arrival) => plans.some(({ pipeline }) => pipeline === "all");
		const commitIntake = (intake: Intake) =>
			catalog.commitIntake({ ...intake, arrivals: intake.arrivals.filter(direct) });
		await lab.start(intakeOf(catalog, { commitIntake }));
		await lab.publish("a");
		await lab.idle();
		expect(await lab.jobs()).toEqual(["all: a"]);
		await lab.restartFromTheBeginning();
		expect(await promises()).toEqual({ routed: true, shouted: true, all: true });
	});

	it("sends on only what a route matches", async () => {
		lab = await FlowLab.open({ elisa: [{ stage: "route", route: { match: "^elisa/" } }], all: [] });
		await lab.start();
		await lab.publish("elisa/a", "other/b");
		await lab.idle();
		expect(await lab.jobs()).toEqual(["all: elisa/a", "all: other/b", "elisa: elisa/a"]);
	});

	it("takes an acquisition through a stage of the lab's own", async () => {
		lab = await FlowLab.open({ elisa: [{ stage: "custom", name: "shout" }] });
		await lab.start();
		await lab.publish("a");
		await lab.jobsBecome(["elisa: a"]);
	});

	it("can be drained before it is started, twice, and is not started afterwards", async () => {
		lab = await FlowLab.open({ elisa: [] });
		await lab.publish("a");
		const role = await lab.start();
		await role.drain(1_000);
		await role.start();
		await role.drain(1_000);
		expect(lab.spine.broken).toEqual([]);
	});
});

describe("a group", () => {
	let lab: FlowLab;
	afterEach(() => lab.close());

	const pairs: GroupSettings = {
		by: "(?<name>.+)\\.(?<member>imzML|ibd)$",
		count: undefined,
		members: ["imzML", "ibd"],
		timeMs: 3_600_000,
		incomplete: "reject",
	};
	const group = (changes: Partial<GroupSettings> = {}): StageSettings[] => [
		{ stage: "group", group: { ...pairs, ...changes } },
	];
	const versions = async () =>
		(await lab.spine.catalog.acquisitions({ limit: 20, order: "asc", filter: {} })).items
			.filter(({ kind }) => kind !== "file")
			.map(({ key, version, members, incomplete }) => [key, version, members.length, incomplete]);

	it("becomes one job when its members are there", async () => {
		lab = await FlowLab.open({ image: group() });
		await lab.start();
		await lab.publish("S1.imzML", "S2.ibd", "S1.ibd");
		await lab.jobsBecome(["image: image: S1"]);
	});

	it("is complete when our clock says so", async () => {
		lab = await FlowLab.open({ image: group() });
		const clock = new SetClock();
		clock.byMs = -86_400_000;
		lab.clock = clock;
		await lab.start();
		await lab.publish("S1.imzML", "S1.ibd");
		await lab.jobsBecome(["image: image: S1"]);
		const { items } = await lab.spine.catalog.acquisitions({ limit: 9, filter: { key: "image: S1" } });
		expect(Math.abs((items[0]?.settledAt ?? 0) - clock.now())).toBeLessThan(3_600_000);
	});

	it("waits over a restart", async () => {
		lab = await FlowLab.open({ image: group() });
		await lab.start();
		await lab.publish("S1.imzML");
		await lab.idle();
		await lab.stop();
		await lab.start();
		await lab.publish("S1.ibd");
		await lab.jobsBecome(["image: image: S1"]);
	});

	it("goes on after a restart when its time is over, though no file comes any more", async () => {
		const open = group({ timeMs: 400, incomplete: "analyse" });
		lab = await FlowLab.open({ image: open });
		await lab.start();
		await lab.publish("S1.imzML");
		await lab.idle();
		await lab.stop();
		expect(await versions()).toEqual([]);
		await lab.start();
		await until("its time is over", async () => (await versions()).length === 1);
	});

	it("is complete by count, and a late member makes a new version of it", async () => {
		lab = await FlowLab.open({
			plates: group({ by: "(?<screen>\\w+)_P(?<member>\\d+)", members: undefined, count: 2 }),
		});
		await lab.start();
		await lab.publish("S_P1", "S_P2");
		await lab.jobsBecome(["plates: plates: S"]);
		await lab.publish("S_P3");
		await until("the group is open again", async () => (await versions()).length === 2);
		expect(await versions()).toEqual([
			["plates: S", 1, 2, undefined],
			["plates: S", 2, 3, undefined],
		]);
	});

	it("is analysed as it is when its time is over, if the lab says so, and marked", async () => {
		lab = await FlowLab.open({ image: group({ timeMs: 50, incomplete: "analyse" }) });
		await lab.start();
		await lab.publish("S1.imzML");
		await until("its time is over", async () => (await versions()).length === 1);
		expect((await versions())[0]?.[3]).toContain("never came");
	});

	it("is rejected when its time is over, visibly, and made whole by a late member", async () => {
		lab = await FlowLab.open({ image: group({ timeMs: 50 }) });
		await lab.start();
		await lab.publish("S1.imzML");
		const told = async () => {
			const { items } = await lab.spine.catalog.acquisitions({ limit: 1, filter: { key: "S1.imzML" } });
			return (await lab.spine.catalog.history(items[0]?.id ?? "")).find(({ what }) => what === "rejected");
		};
		await until("its member is told", async () => (await told()) !== undefined);
		expect((await told())?.detail).toContain("incomplete");
		const refused = () => lab.spine.events("group.refused");
		await until("the group is told", () => refused().length === 1);
		expect(refused()).toMatchObject([
			{ pipeline: "image", source: "plates", key: "S1", members: 1, error: { code: "GROUP_INCOMPLETE" } },
		]);
		await lab.restartFromTheBeginning();
		expect(refused()).toHaveLength(1);
		await lab.publish("S1.ibd");
		await lab.jobsBecome(["image: image: S1"]);
	});

	it("of a source is gathered before its pipelines", async () => {
		lab = await FlowLab.open({ image: [], quick: [] }, pairs);
		await lab.start();
		await lab.publish("S1.imzML", "S1.ibd");
		await lab.jobsBecome(["image: S1", "quick: S1"]);
	});

	it("of so many is a batch, and begins anew", async () => {
		lab = await FlowLab.open({
			nightly: [{ stage: "batch", batch: { count: 2, bytes: undefined, timeMs: 3_600_000 } }],
		});
		await lab.start();
		await lab.publish("a", "b", "c", "d", "e");
		await until("two batches are full", async () => (await versions()).length === 2);
		expect((await versions()).map(([, version, members]) => [version, members])).toEqual([
			[1, 2],
			[1, 2],
		]);
		await lab.restartFromTheBeginning();
		await lab.publish("f");
		await until("the third is full", async () => (await versions()).length === 3);
		expect((await lab.batches()).sort()).toEqual(["a b", "c d", "e f"]);
	});

	it("of so many has a member once, also when we are killed between its jobs and what comes after them", async () => {
		lab = await FlowLab.open({
			nightly: [{ stage: "batch", batch: { count: undefined, bytes: undefined, timeMs: 500 } }],
		});
		const { catalog } = lab.spine;
		const waiting = async () => (await catalog.waiting("nightly.0", "batch")).length;
		const dying = intakeOf(catalog, {
			room: <T>(name: string) => Object.assign(catalog.room<T>(name), { depart: () => new Promise<void>(() => {}) }),
			commitIntake: async (intake) => {
				if (intake.arrivals.some(({ acquisition }) => acquisition.kind === "batch")) {
					await lab.publish("c");
					await until("another member waits", async () => (await waiting()) === 3);
				}
				return await catalog.commitIntake(intake);
			},
		});
		const role = await lab.start(dying);
		await lab.publish("a", "b");
		await until("the batch has its job", async () => (await lab.jobs()).length === 1);
		await role.drain(10);
		await lab.start();
		await until("the next one has its job", async () => (await lab.jobs()).length === 2);
		expect((await lab.batches()).sort()).toEqual(["a b", "c"]);
	});

	it("of so many waits whole while its script is missing", async () => {
		lab = await FlowLab.open({
			nightly: [{ stage: "batch", batch: { count: 2, bytes: undefined, timeMs: 3_600_000 } }],
		});
		await lab.start();
		const script = lab.script("nightly");
		renameSync(script, `${script}.away`);
		await lab.publish("a", "b");
		await until("the pipeline is in trouble", () => lab.spine.events("pipeline.trouble").length === 1);
		renameSync(`${script}.away`, script);
		await until("its job is made", async () => (await lab.jobs()).length === 1);
		await lab.restartFromTheBeginning();
		expect(await lab.batches()).toEqual(["a b"]);
	});
});
