import { describe, expect, it } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import { everything, type Target } from "#domain/operation.ts";
import { acquisition, arrival, claimed, endOf, intake, plan, queued, relayed } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";
import { expectCounted } from "./counts.ts";
import { ask, on } from "./operations.ts";

const parts: readonly Target[] = [on("pipeline", "elisa"), on("pool", "default"), everything];

async function hold(catalog: Catalog, target: Target) {
	return await ask(catalog, target.type === "everything" ? "drain" : "pause", target);
}

const claim = (catalog: Catalog, job: string, now = 4_000) => catalog.claim(job, "worker-1", 30_000, now);

/** What is held back does not begin, and is lost by nobody. */
export function describePauses(under: () => CatalogUnderTest): void {
	describe.each(parts)("what is held back: $type", (target) => {
		it("is refused to who would claim it, and announced again when it is resumed", async () => {
			const { catalog, reopen } = under();
			const jobs = await queued(catalog, "a", "b");
			await hold(catalog, target);
			const opened = await reopen();
			for (const job of jobs) {
				expect(await claim(opened, job)).toMatchObject({
					kind: "forget",
					why: expect.stringMatching(/paused|draining/),
				});
			}
			expect(await expectCounted(opened)).toMatchObject({ queued: 2 });
			expect(await relayed(opened)).toEqual([]);
			const { operation } = await ask(opened, "resume", target);
			expect(operation.state).toBe("requested");
			expect(await opened.operations.announce(target, 5_000)).toBe(2);
			expect((await relayed(opened)).sort()).toEqual(jobs.sort());
			for (const job of jobs) expect((await claim(opened, job)).kind).toBe("claimed");
		});

		it("is announced also where a hint is still in the outbox: that one may be on its way already", async () => {
			const { catalog } = under();
			await catalog.commitIntake(intake([arrival(acquisition("a", "A"))]));
			await hold(catalog, target);
			await ask(catalog, "resume", target);
			expect(await catalog.operations.announce(target, 5_000)).toBe(1);
			expect(await relayed(catalog)).toHaveLength(2);
		});

		it("is made meanwhile, and queued again when its next attempt is due, and waits", async () => {
			const { catalog } = under();
			const [failing] = await queued(catalog, "a");
			await catalog.endAttempt(endOf(await claimed(catalog, failing ?? ""), { againAt: 4_500 }));
			await hold(catalog, target);
			await catalog.commitIntake(intake([arrival(acquisition("b", "b"))]));
			expect(await claim(catalog, failing ?? "", 5_000)).toMatchObject({ kind: "forget" });
			expect((await catalog.wake(5_000)).retried).toBe(1);
			expect(await expectCounted(catalog)).toMatchObject({ queued: 2, failed: 0, running: 0 });
			expect(await claim(catalog, failing ?? "", 5_000)).toMatchObject({ kind: "forget" });
		});

		it("that runs is finished, and kept by its lease", async () => {
			const { catalog } = under();
			const [job] = await queued(catalog, "a");
			const run = await claimed(catalog, job ?? "");
			await hold(catalog, target);
			expect(await catalog.keep(run.id, run.token, 30_000, 4_000)).toBe(true);
			expect(await catalog.endAttempt(endOf(run, { now: 5_000 }))).toBe(true);
			expect(await expectCounted(catalog)).toMatchObject({ dead: 1 });
		});

		it("whose worker was lost is reaped, and waits", async () => {
			const { catalog } = under();
			const [job] = await queued(catalog, "a");
			await claimed(catalog, job ?? "", 1_500);
			await hold(catalog, target);
			expect(await claim(catalog, job ?? "", 50_000)).toMatchObject({ kind: "forget" });
			expect((await catalog.wake(50_000)).reaped).toHaveLength(1);
			expect(await claim(catalog, job ?? "", 50_000)).toMatchObject({ kind: "forget" });
			expect(await expectCounted(catalog)).toMatchObject({ queued: 1 });
		});
	});

	describe("what is held back", () => {
		it("is nothing of others", async () => {
			const { catalog } = under();
			const [mine, other] = [acquisition("a", "A"), acquisition("b", "B")];
			await catalog.commitIntake(
				intake([arrival(mine), arrival(other, { plans: [plan(other, { pipeline: "qpcr", pool: "big" })] })]),
			);
			await ask(catalog, "pause", on("pipeline", "elisa"));
			await ask(catalog, "pause", on("source", "plates"));
			await ask(catalog, "drain", on("process", "host:1"));
			await ask(catalog, "quarantine", on("file", "plates", "b"));
			const unheld = plan(other, { pipeline: "qpcr" }).id;
			expect((await claim(catalog, unheld)).kind).toBe("claimed");
			expect((await claim(catalog, plan(mine).id)).kind).toBe("forget");
			await relayed(catalog);
			expect(await catalog.operations.announce(on("pool", "big"), 5_000)).toBe(0);
			expect(await catalog.operations.announce(on("pipeline", "elisa"), 5_000)).toBe(1);
		});

		it("begins where a claim came first, and not where the pause did", async () => {
			const { catalog } = under();
			const jobs = await queued(catalog, ...Array.from({ length: 20 }, (_, i) => `p${i}`));
			const asked = await Promise.all([
				...jobs.slice(0, 10).map((job) => claim(catalog, job)),
				hold(catalog, on("pipeline", "elisa")),
				...jobs.slice(10).map((job) => claim(catalog, job)),
			]);
			const claims = asked.filter((answer) => "kind" in answer);
			const begun = claims.filter(({ kind }) => kind === "claimed").length;
			expect(await expectCounted(catalog)).toMatchObject({ running: begun, queued: 20 - begun });
			for (const job of jobs) expect((await claim(catalog, job)).kind).toBe("forget");
		});

		it("by a process is over a minute after that was there last, and at its next start", async () => {
			const { catalog } = under();
			const process = on("process", "host:1");
			const { operation } = await ask(catalog, "drain", process, {}, 1_000);
			expect(await catalog.operations.pauses(60_999)).toHaveLength(1);
			expect(await catalog.operations.pauses(61_000)).toEqual([]);
			await catalog.operations.keepPause("host:1", 60_000);
			expect(await catalog.operations.pauses(61_000)).toHaveLength(1);
			await catalog.operations.forgetProcess("host:1", 62_000);
			expect(await catalog.operations.pauses(62_000)).toEqual([]);
			expect(await catalog.operations.one(operation.id)).toMatchObject({ state: "completed" });
		});

		it("keeps the names of files as they are", async () => {
			const { catalog } = under();
			const path = "caf\udcc3/\u0000\"'\\.csv";
			await ask(catalog, "quarantine", on("file", "plates", path), { why: "spilt" });
			expect(await catalog.operations.pauses(3_000)).toEqual([
				{ on: { type: "file", name: "plates", path }, since: 3_000, by: "user:anna", why: "spilt" },
			]);
			await ask(catalog, "release", on("file", "plates", path));
			expect(await catalog.operations.pauses(3_000)).toEqual([]);
		});
	});
}
