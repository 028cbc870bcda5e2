import { describe, expect, it } from "vitest";
import type { Acquisition, Standing } from "#domain/acquisition.ts";
import {
	acquisition,
	arrival,
	claimed,
	complete,
	endOf,
	intake,
	member,
	outcomeKinds,
	plan,
	relayed,
} from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

export function describeIntake(under: () => CatalogUnderTest): void {
	describe("intake", () => {
		it("makes acquisition, job, outbox row and offset in one transaction", async () => {
			const { catalog } = under();
			const plate = acquisition("run/p1.csv", "A");
			const report = await catalog.commitIntake(intake([arrival(plate)], { offset: 7 }));
			expect(report).toMatchObject({ acquisitions: [{ version: 1, fresh: true }], jobsCreated: 1, jobsLinked: 0 });
			expect(await catalog.offset("watchrabbit.files")).toBe(7);
			expect(await catalog.pending()).toEqual({ jobs: 1, waiting: 0, outbox: 1, strays: 0 });
			const [taken] = report.acquisitions;
			expect(await catalog.acquisition(taken?.id ?? "")).toMatchObject({
				...plate,
				version: 1,
				bytes: 1,
				root: "/instruments",
			});
		});

		it("of a version that comes after the one that took its place makes no job, and leaves that one its own", async () => {
			const { catalog } = under();
			const [older, newer, elsewhere] = ["A", "B", "C"].map((content) => acquisition("run/p1.csv", content)) as [
				Acquisition,
				Acquisition,
				Acquisition,
			];
			const standing = (ledger: string, generation: number) => ({ ledger, unit: 1, generation });
			const event = (of: Acquisition, where: Standing) => {
				const made = arrival(of);
				return { ...made, event: { ...made.event, standing: where } };
			};
			await catalog.commitIntake(intake([event(newer, standing("here", 2))]));
			const late = event(older, standing("here", 1));
			const report = await catalog.commitIntake(intake([late]));
			expect(report).toMatchObject({ acquisitions: [{ version: 1, fresh: false }], jobsCreated: 0, jobsLinked: 0 });
			expect(await catalog.commitIntake(intake([late]))).toMatchObject({ jobsCreated: 0, jobsLinked: 0 });
			expect(await catalog.job(plan(older).id)).toBeUndefined();
			expect(await catalog.job(plan(newer).id)).toMatchObject({ state: "queued" });
			// As one that waited in a room does, it leaves.
			const departs = { room: "analysis/elisa", key: "run/p1.csv", ids: [late.event.id] };
			expect(await catalog.commitIntake(intake([{ ...late, departs }]))).toMatchObject({ jobsCreated: 0 });
			expect(await catalog.room("analysis/elisa").due(2_000, 10)).toEqual([]);
			// Of another ledger nobody can say: the last one counts.
			await catalog.commitIntake(intake([event(elsewhere, standing("there", 1))]));
			expect(await catalog.job(plan(elsewhere).id)).toMatchObject({ state: "queued" });
			const [current] = await catalog.acquisitionsOf("plates", "run/p1.csv");
			expect(current).toMatchObject({ version: 2, members: elsewhere.members });
		});

		it("of a ledger that was restored, and counts anew, is news: what settled later is the newer one", async () => {
			const { catalog } = under();
			const before = acquisition("run/p1.csv", "A");
			const after = acquisition("run/p1.csv", "B", { settledAt: before.settledAt + 1 });
			for (const [of, generation] of [
				[before, 5],
				[after, 2],
			] as const) {
				const made = arrival(of);
				const event = { ...made.event, standing: { ledger: "here", unit: 1, generation } };
				await catalog.commitIntake(intake([{ ...made, event }]));
			}
			expect(await catalog.job(plan(after).id)).toMatchObject({ state: "queued" });
		});

		it("of what is seen again below another root has it read from there", async () => {
			const { catalog } = under();
			const plate = acquisition("run/p1.csv", "A");
			const first = arrival(plate);
			await catalog.commitIntake(intake([first]));
			const moved = arrival(plate);
			const event = { ...moved.event, root: "/mnt/elsewhere" };
			await catalog.commitIntake(intake([{ ...moved, event }]));
			const { inputs } = await claimed(catalog, plan(plate).id);
			expect(inputs.map(({ root }) => root)).toEqual(["/mnt/elsewhere"]);
		});

		it("leaves nothing behind when part of it fails", async () => {
			const { catalog } = under();
			const broken = { ...plan(acquisition("b", "B")), params: null as never, priority: null as never };
			const arrivals = [arrival(acquisition("a", "A")), arrival(acquisition("b", "B"), { plans: [broken] })];
			await expect(catalog.commitIntake(intake(arrivals, { offset: 3 }))).rejects.toThrow();
			expect(await catalog.pending()).toEqual({ jobs: 0, waiting: 0, outbox: 0, strays: 0 });
			expect(await catalog.offset("watchrabbit.files")).toBeUndefined();
			expect((await catalog.acquisitions({ limit: 10, filter: {} })).items).toEqual([]);
		});

		it("does not let one intake's failure take another's down with it", async () => {
			const { catalog } = under();
			const broken = { ...plan(acquisition("b", "B")), priority: null as never };
			const outcomes = await Promise.allSettled([
				catalog.commitIntake(intake([arrival(acquisition("a", "A"))])),
				catalog.commitIntake(intake([arrival(acquisition("b", "B"), { plans: [broken] })])),
				catalog.commitIntake(intake([arrival(acquisition("c", "C"))])),
			]);
			expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
			expect(await catalog.countJobs()).toMatchObject({ queued: 2 });
		});

		it("tells when a job was created, validated and queued", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(plate)], { now: 1_234 }));
			const job = await catalog.job(plan(plate).id);
			expect(job?.history.map(({ at, what }) => [at, what])).toEqual([
				[1_234, "created"],
				[1_234, "validated"],
				[1_234, "queued"],
			]);
		});

		it("changes nothing for an arrival that is read again", async () => {
			const { catalog } = under();
			const again = arrival(acquisition("a", "A"));
			const first = await catalog.commitIntake(intake([again]));
			await relayed(catalog);
			const second = await catalog.commitIntake(intake([again]));
			expect(second).toEqual({
				acquisitions: [{ ...first.acquisitions[0], fresh: false }],
				jobsCreated: 0,
				jobsLinked: 0,
			});
			expect(await relayed(catalog)).toEqual([]);
		});

		it("knows an arrival that comes twice in one intake", async () => {
			const again = arrival(acquisition("a", "A"));
			const report = await under().catalog.commitIntake(intake([again, again]));
			expect(report).toMatchObject({ jobsCreated: 1, jobsLinked: 0 });
			expect(report.acquisitions.map(({ fresh }) => fresh)).toEqual([true, false]);
		});

		it("never takes an offset back", async () => {
			const { catalog } = under();
			await catalog.commitIntake(intake([], { offset: 9 }));
			await catalog.commitIntake(intake([], { offset: 4 }));
			expect(await catalog.offset("watchrabbit.files")).toBe(9);
			await catalog.commitIntake(intake([], { offset: undefined }));
			expect(await catalog.offset("watchrabbit.files")).toBe(9);
		});

		it("takes the same content of the same key as the same version", async () => {
			const { catalog } = under();
			await catalog.commitIntake(intake([arrival(acquisition("a", "A"))]));
			const report = await catalog.commitIntake(intake([arrival(acquisition("a", "A", { acquiredAt: 9_999 }))]));
			expect(report).toMatchObject({ acquisitions: [{ version: 1, fresh: false }], jobsCreated: 0, jobsLinked: 1 });
		});

		it("takes a folder in which a file was renamed as a new version, although its digest is the same", async () => {
			const { catalog } = under();
			const before = acquisition("run1", "", {
				kind: "folder",
				members: [member("run1/a", "A"), member("run1/b", "B")],
			});
			const after = { ...before, members: [member("run1/a", "A"), member("run1/c", "B")] };
			await catalog.commitIntake(intake([arrival(before)]));
			const report = await catalog.commitIntake(intake([arrival(after)]));
			expect(report).toMatchObject({ acquisitions: [{ version: 2, fresh: true }], jobsCreated: 0, jobsLinked: 1 });
			expect((await claimed(catalog, plan(after).id)).inputs[0].acquisition.members[1]?.path).toBe("run1/c");
		});

		it("makes other content of a key a new version, and retires the older one's job that has not begun", async () => {
			const { catalog } = under();
			const [older, newer] = [acquisition("a", "A"), acquisition("a", "AB")];
			await catalog.commitIntake(intake([arrival(older)]));
			const report = await catalog.commitIntake(intake([arrival(newer)]));
			expect(report.acquisitions).toMatchObject([{ version: 2, fresh: true }]);
			expect((await catalog.job(plan(older).id))?.state).toBe("superseded");
			expect((await catalog.job(plan(newer).id))?.state).toBe("queued");
			const [current, superseded] = await catalog.acquisitionsOf("plates", "a");
			expect([current?.version, current?.supersededBy]).toEqual([2, undefined]);
			expect([superseded?.version, superseded?.supersededBy]).toEqual([1, current?.id]);
		});

		it("retires one that waits for its next attempt as well", async () => {
			const { catalog } = under();
			const older = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(older)]));
			await catalog.endAttempt(endOf(await claimed(catalog, plan(older).id), { againAt: 9_000 }));
			await catalog.commitIntake(intake([arrival(acquisition("a", "AB"))]));
			expect((await catalog.job(plan(older).id))?.state).toBe("superseded");
			expect(await catalog.wake(9_000)).toMatchObject({ retried: 0 });
		});

		it("retires a dead one as well: what it died of is not there any more, and its cause stays to be seen", async () => {
			const { catalog } = under();
			const older = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(older)]));
			await catalog.endAttempt(endOf(await claimed(catalog, plan(older).id)));
			await catalog.commitIntake(intake([arrival(acquisition("a", "AB"))]));
			expect(await catalog.job(plan(older).id)).toMatchObject({
				state: "superseded",
				cause: { code: "R_ERROR" },
				attempts: [{ outcome: "failed" }],
			});
			expect(await catalog.countJobs()).toMatchObject({ dead: 0, superseded: 1, queued: 1 });
		});

		it("leaves a dead one dead whose content is still there as a copy", async () => {
			const { catalog } = under();
			const older = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(older), arrival(acquisition("copy", "A"))]));
			await catalog.endAttempt(endOf(await claimed(catalog, plan(older).id)));
			await catalog.commitIntake(intake([arrival(acquisition("a", "AB"))]));
			expect((await catalog.job(plan(older).id))?.state).toBe("dead");
			await catalog.commitIntake(intake([arrival(acquisition("copy", "AC"))]));
			expect((await catalog.job(plan(older).id))?.state).toBe("superseded");
		});

		it("gives a job that was dead all its attempts again when its content comes back", async () => {
			const { catalog } = under();
			const older = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(older)]));
			await catalog.endAttempt(endOf(await claimed(catalog, plan(older).id)));
			await catalog.commitIntake(intake([arrival(acquisition("a", "AB")), arrival(older)]));
			expect(await catalog.job(plan(older).id)).toMatchObject({ state: "queued", attemptsUsed: 0 });
		});

		it("lets a job go on that another current acquisition needs, with that one's files", async () => {
			const { catalog } = under();
			const original = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(original), arrival(acquisition("copy", "A"))]));
			await catalog.commitIntake(intake([arrival(acquisition("a", "AB"))]));
			const job = await claimed(catalog, plan(original).id);
			expect(job.inputs[0].acquisition.key).toBe("copy");
		});

		it("queues a superseded job again when its content comes back, also within one intake", async () => {
			const { catalog } = under();
			const first = acquisition("a", "A");
			const arrivals = [arrival(first), arrival(acquisition("a", "B")), arrival(first)];
			const report = await catalog.commitIntake(intake(arrivals));
			expect(report.acquisitions.map(({ version }) => version)).toEqual([1, 2, 3]);
			expect((await catalog.job(plan(first).id))?.state).toBe("queued");
			expect((await catalog.job(plan(acquisition("a", "B")).id))?.state).toBe("superseded");
			expect(await complete(catalog, plan(first).id)).toBeDefined();
		});

		it("runs nothing for a copy of what was analysed, and says so on both", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(plate)]));
			const result = await complete(catalog, plan(plate).id);
			const report = await catalog.commitIntake(intake([arrival(acquisition("copy", "A"))]));
			expect(report).toMatchObject({ jobsCreated: 0, jobsLinked: 1 });
			expect(await outcomeKinds(catalog)).toEqual(["a analysed", "copy linked"]);
			const copy = report.acquisitions[0]?.id ?? "";
			expect((await catalog.history(copy)).map(({ detail }) => detail).join("\n")).toContain(result);
			expect((await catalog.history(plan(plate).id)).map(({ detail }) => detail).join("\n")).toContain(copy);
			expect((await catalog.jobsOf(copy)).map(({ id }) => id)).toEqual([plan(plate).id]);
		});

		it("leaves a dead job dead, and says so to each new arrival of its content", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(plate)]));
			await catalog.endAttempt(endOf(await claimed(catalog, plan(plate).id)));
			await catalog.commitIntake(intake([arrival(acquisition("copy", "A")), arrival(plate)]));
			expect((await catalog.job(plan(plate).id))?.state).toBe("dead");
			expect(await outcomeKinds(catalog)).toEqual(["a dead", "copy dead", "a dead"]);
		});

		it("makes a job that R found not ready due at once when its acquisition settles again", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			await catalog.commitIntake(intake([arrival(plate)]));
			const job = await claimed(catalog, plan(plate).id);
			await catalog.endAttempt(endOf(job, { outcome: "not-ready", againAt: 900_000 }));
			await relayed(catalog);
			await catalog.commitIntake(intake([arrival(plate)]));
			expect(await relayed(catalog)).toEqual([job.id]);
			expect((await claimed(catalog, job.id)).attempt).toBe(1);
		});

		it("says that what no pipeline takes is unwanted, and nothing of what waits in a room", async () => {
			const { catalog } = under();
			const unwanted = arrival(acquisition("a", "A"), { plans: [], note: "no pipeline takes plates of 2019" });
			const member = arrival(acquisition("b", "B"), { plans: [], waits: true });
			const { acquisitions } = await catalog.commitIntake(intake([unwanted, member]));
			expect(await catalog.outcomes(0, 10)).toMatchObject([
				{ kind: "unwanted", detail: "no pipeline takes plates of 2019" },
			]);
			expect((await catalog.acquisition(acquisitions[0]?.id ?? ""))?.note).toBe("no pipeline takes plates of 2019");
		});

		it("gives one acquisition to each pipeline that takes it", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "A");
			const plans = [plan(plate), plan(plate, { pipeline: "qc", pool: "small" })];
			const { acquisitions, jobsCreated } = await catalog.commitIntake(intake([arrival(plate, { plans })]));
			expect(jobsCreated).toBe(2);
			expect((await catalog.jobsOf(acquisitions[0]?.id ?? "")).map(({ pipeline }) => pipeline)).toEqual([
				"elisa",
				"qc",
			]);
		});

		it.each([
			["invalid UTF-8", "run/\udcff\udc80.csv"],
			["a newline", "run/a\nb.csv"],
			["quotes and backslashes", 'run/"a\\b".csv'],
			["letters beyond ASCII", "Löhne/µ-😀.csv"],
			["4,000 bytes", `${"d".repeat(249)}/`.repeat(16)],
		])("keeps a path with %s exactly, and finds it", async (_what, path) => {
			const { catalog } = under();
			const report = await catalog.commitIntake(intake([arrival(acquisition(path, "A"))]));
			const found = await catalog.acquisitionsOf("plates", path);
			expect(found).toMatchObject([{ id: report.acquisitions[0]?.id, key: path, members: [{ path }] }]);
			expect((await claimed(catalog, plan(acquisition(path, "A")).id)).inputs[0].acquisition.key).toBe(path);
			expect(await catalog.acquisitionsOf("plates", `${path}x`)).toEqual([]);
			expect(await catalog.acquisitionsOf("other", path)).toEqual([]);
		});
	});
}
