import { describe, expect, it } from "vitest";
import type { Catalog, ClaimedJob } from "#core/ports/catalog.ts";
import {
	acquisition,
	arrival,
	claimed,
	commitOf,
	complete,
	endOf,
	intake,
	outcomeKinds,
	plan,
	queued,
	replayed,
	traceparent,
} from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

export function describeAttempts(under: () => CatalogUnderTest): void {
	describe("attempts", () => {
		const plate = acquisition("a", "A", { captures: { plate: "007" } });
		const id = plan(plate).id;
		const take = (catalog: Catalog) => catalog.commitIntake(intake([arrival(plate)]));

		it("gives a claim everything that the work needs", async () => {
			const { catalog } = under();
			const { acquisitions } = await take(catalog);
			expect(await claimed(catalog, id)).toEqual({
				id,
				token: 1,
				attempt: 1,
				queuedAt: 1_000,
				promised: true,
				plan: plan(plate),
				inputs: [{ acquisition: { ...plate, id: acquisitions[0]?.id }, root: "/instruments" }],
				traceparent,
			});
			expect(await catalog.job(id)).toMatchObject({ state: "running", leaseOwner: "worker-1", leaseUntil: 31_500 });
		});

		it("tells since when a job was to be run, and goes on where the attempt before says", async () => {
			const { catalog } = under();
			await take(catalog);
			const first = await claimed(catalog, id);
			const onwards = traceparent.replace(/01$/, "00");
			await catalog.endAttempt({ ...endOf(first, { againAt: 4_000 }), traceparent: onwards });
			expect(await claimed(catalog, id, 9_000)).toMatchObject({ queuedAt: 4_000, traceparent: onwards });
			expect((await catalog.job(id))?.traceparent).toBe(onwards);
		});

		it("shows how far the run is that goes on, and never what one before it said", async () => {
			const { catalog } = under();
			await take(catalog);
			const progress = async () => (await catalog.jobs({ limit: 9, filter: {} })).items.map((job) => job.progress);
			const said = { fraction: 1 / 3, message: 'reading "wells" µ', at: 1_700 };
			const first = await claimed(catalog, id);
			expect(await progress()).toEqual([undefined]);
			await catalog.progressed(id, first.token, { fraction: 0, message: "", at: 1_600 });
			await catalog.progressed(id, first.token, said);
			expect(await progress()).toEqual([said]);
			expect((await catalog.job(id))?.progress).toEqual(said);
			await catalog.endAttempt(endOf(first, { againAt: 2_000 }));
			expect(await progress()).toEqual([undefined]);
			const second = await claimed(catalog, id, 2_000);
			await catalog.progressed(id, first.token, said);
			expect(await progress()).toEqual([undefined]);
			await catalog.progressed(id, second.token, { ...said, at: 2_100 });
			expect(await progress()).toEqual([{ ...said, at: 2_100 }]);
			await catalog.commitResult(commitOf(second, {}, 3_500));
			expect(await progress()).toEqual([undefined]);
		});

		it("keeps numbers and text in parameters apart", async () => {
			const { catalog } = under();
			const params = { run: "20250815_123413", dose: 0.1 + 0.2, wells: [1, 2], nested: { on: true, none: null } };
			const planned = plan(plate, { params });
			await catalog.commitIntake(intake([arrival(plate, { plans: [planned] })]));
			expect((await claimed(catalog, planned.id)).plan.params).toEqual(params);
		});

		it("tells that R has run to its end, and of no run that did not begin", async () => {
			const { catalog } = under();
			await take(catalog);
			const lives = async () => ((await catalog.job(id))?.history ?? []).map(({ what }) => what).slice(3);
			await catalog.endAttempt(endOf(await claimed(catalog, id), { againAt: 2_000 }));
			expect(await lives()).toEqual(["running", "failed"]);
			const second = await claimed(catalog, id, 2_000);
			await catalog.began(id, second.token, 2_100);
			await catalog.endAttempt(endOf(second, { now: 2_500, againAt: 3_000 }));
			expect((await lives()).slice(2)).toEqual(["queued", "running", "executed", "failed"]);
			const third = await claimed(catalog, id, 3_000);
			await catalog.commitResult(commitOf(third, {}, 3_500));
			expect((await lives()).slice(6)).toEqual(["queued", "running", "executed", "completed"]);
		});

		it("lets one of many claims win", async () => {
			const { catalog } = under();
			await take(catalog);
			const claims = await Promise.all(Array.from({ length: 20 }, (_, i) => catalog.claim(id, `w${i}`, 1_000, 1_500)));
			expect(claims.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
		});

		it("says why a job cannot be claimed", async () => {
			const { catalog } = under();
			await take(catalog);
			const why = async () => {
				const claim = await catalog.claim(id, "worker-2", 1_000, 1_500);
				return claim.kind === "claimed" ? "claimed" : claim.why;
			};
			await claimed(catalog, id);
			expect(await why()).toBe("worker-1 runs it");
			expect(await catalog.claim("j0", "w", 1, 1)).toEqual({ kind: "unknown", why: "the catalog knows no job j0" });
		});

		it("lets a lease that is over be claimed, and fences the old holder out", async () => {
			const { catalog } = under();
			await take(catalog);
			const old = await claimed(catalog, id, 1_000, "worker-1");
			const young = await claimed(catalog, id, 31_000, "worker-2");
			expect(young).toMatchObject({ token: 2, attempt: 1 });
			expect(await catalog.keep(id, old.token, 1_000, 31_001)).toBe(false);
			expect(await catalog.commitResult(commitOf(old))).toBe(false);
			expect(await catalog.endAttempt(endOf(old))).toBe(false);
			expect(await catalog.commitResult(commitOf(young))).toBe(true);
			expect((await catalog.job(id))?.attempts).toMatchObject([
				{ token: 1, worker: "worker-1", outcome: "lost" },
				{ token: 2, worker: "worker-2", outcome: "completed" },
			]);
			expect((await catalog.results({ limit: 9, filter: { job: id } })).items).toHaveLength(1);
		});

		it("counts failures, and neither losses nor answers of not ready", async () => {
			const { catalog } = under();
			await take(catalog);
			const ends = ["not-ready", "lost", "failed", "failed"] as const;
			for (const [i, outcome] of ends.entries()) {
				const now = 10_000 * (i + 1);
				const job = await claimed(catalog, id, now);
				expect(await catalog.endAttempt(endOf(job, { outcome, now, againAt: now + 1 }))).toBe(true);
			}
			const job = await catalog.job(id);
			expect(job).toMatchObject({ state: "failed", attemptsUsed: 2, runAfter: 40_001 });
			expect(job?.attempts.map(({ number, outcome }) => [number, outcome])).toEqual([
				[1, "not-ready"],
				[1, "lost"],
				[1, "failed"],
				[2, "failed"],
			]);
		});

		it("keeps a dead job whole: cause, traceback, log, warnings, and with what it ran", async () => {
			const { catalog } = under();
			await take(catalog);
			const cause = {
				class: "permanent",
				code: "R_ERROR",
				message: "subscript out of bounds",
				call: "x[[3]]",
				traceback: ["f(x)", "g(x)"],
				conditionClass: ["subscriptOutOfBoundsError", "error"],
			} as const;
			const run = {
				engine: "fork",
				kind: "script",
				seed: 7,
				peakMemoryBytes: 2 ** 40,
				warnings: ["In f(1) : odd \0 µ"],
				r: { version: "4.2.2", platform: "linux", packages: { stats: "4.2.2" }, sources: { stats: "base" } },
			};
			const told = { cause, run, log: "NUL \0 and a half \ud800 pair" };
			await catalog.endAttempt(endOf(await claimed(catalog, id), told));
			const job = await catalog.job(id);
			expect(job).toMatchObject({ state: "dead", cause, runAfter: undefined });
			expect(job?.attempts[0]?.run).toEqual(run);
			expect(job?.attempts[0]).toMatchObject({ cause, log: "NUL \u2400 and a half \ufffd pair", seconds: 0.2 });
			expect(await outcomeKinds(catalog)).toEqual(["a dead"]);
		});

		it("tells all linked acquisitions what became of the job", async () => {
			const { catalog } = under();
			await take(catalog);
			const job = await claimed(catalog, id);
			await catalog.commitIntake(intake([arrival(acquisition("copy", "A"))]));
			expect(await outcomeKinds(catalog)).toEqual([]);
			await catalog.endAttempt(endOf(job, { outcome: "not-ready", againAt: 9_000 }));
			expect(await catalog.outcomes(0, 9)).toMatchObject([
				{ kind: "not-ready", againAt: 9_000, acquisition: { key: "a" } },
				{ kind: "not-ready", againAt: 9_000, acquisition: { key: "copy" } },
			]);
			await complete(catalog, id, 9_000);
			expect((await outcomeKinds(catalog)).slice(2)).toEqual(["a linked", "copy analysed"]);
		});

		it("gives outcomes behind a sequence, in order", async () => {
			const { catalog } = under();
			const names = ["a", "b", "c"];
			await catalog.commitIntake(intake(names.map((name) => arrival(acquisition(name, name), { plans: [] }))));
			const [first, second] = await catalog.outcomes(0, 2);
			const rest = await catalog.outcomes(second?.seq ?? 0, 2);
			expect([first, second, ...rest].map((outcome) => outcome?.acquisition.key)).toEqual(names);
			expect(first?.acquisition.members).toHaveLength(1);
		});

		it.each([
			["does not retry", { againAt: 5_000 }],
			["leaves nothing dead of", {}],
		])("%s what newer content has made needless", async (_what, againAt) => {
			const { catalog } = under();
			await take(catalog);
			const [failing, lost] = [await claimed(catalog, id), acquisition("b", "B")];
			await catalog.commitIntake(intake([arrival(lost)]));
			await claimed(catalog, plan(lost).id);
			await catalog.commitIntake(intake([arrival(acquisition("a", "A2")), arrival(acquisition("b", "B2"))]));
			await catalog.endAttempt(endOf(failing, againAt));
			await catalog.wake(100_000);
			expect((await catalog.job(id))?.state).toBe("superseded");
			expect((await catalog.job(plan(lost).id))?.state).toBe("superseded");
		});

		describe("whose input was moved", () => {
			const moved = acquisition("elsewhere", "A");
			const missing = { class: "permanent", code: "INPUT_MISSING", message: "a was deleted" } as const;
			const keysOf = (job: ClaimedJob) => job.inputs.map((input) => input.acquisition.key);

			it("are given every place where the content is now, the newest first", async () => {
				const { catalog } = under();
				await take(catalog);
				await catalog.commitIntake(intake([arrival(moved), arrival(acquisition("third", "A"))]));
				await catalog.commitIntake(intake([arrival(acquisition("third", "B"))]));
				expect(keysOf(await claimed(catalog, id))).toEqual(["elsewhere", "a"]);
			});

			it("are given no more places than are worth looking at", async () => {
				const { catalog } = under();
				const copies = Array.from({ length: 30 }, (_, i) => acquisition(`copy-${i}`, "A"));
				await catalog.commitIntake(intake(copies.map((copy) => arrival(copy))));
				const keys = keysOf(await claimed(catalog, id));
				expect([keys.length, keys[0], keys[19]]).toEqual([20, "copy-29", "copy-10"]);
			});

			it("are given a place that has other content by now where there is no better one", async () => {
				const { catalog } = under();
				await take(catalog);
				await complete(catalog, id);
				await catalog.commitIntake(intake([arrival(acquisition("a", "A2"))]));
				await replayed(catalog, id, 5_000, "anna");
				expect(keysOf(await claimed(catalog, id, 5_000))).toEqual(["a"]);
			});

			it("are made again when the content is seen elsewhere", async () => {
				const { catalog } = under();
				await take(catalog);
				await catalog.endAttempt(endOf(await claimed(catalog, id), { cause: missing }));
				expect((await catalog.job(id))?.state).toBe("dead");
				await catalog.commitIntake(intake([arrival(moved)]));
				expect(await catalog.job(id)).toMatchObject({ state: "queued", attemptsUsed: 0 });
				expect(keysOf(await claimed(catalog, id))).toEqual(["elsewhere", "a"]);
			});

			it("are made again when the file is put back where it was", async () => {
				const { catalog } = under();
				await take(catalog);
				await catalog.endAttempt(endOf(await claimed(catalog, id), { cause: missing }));
				await take(catalog);
				expect((await catalog.job(id))?.state).toBe("queued");
			});

			it("are made again when the content was seen elsewhere while they were under way", async () => {
				const { catalog } = under();
				await take(catalog);
				const job = await claimed(catalog, id);
				await catalog.commitIntake(intake([arrival(moved)]));
				expect(await catalog.endAttempt(endOf(job, { cause: missing }))).toBe(true);
				expect((await catalog.job(id))?.state).toBe("queued");
				expect(await outcomeKinds(catalog)).toEqual([]);
				const again = await claimed(catalog, id);
				await catalog.endAttempt(endOf(again, { cause: missing }));
				expect((await catalog.job(id))?.state).toBe("dead");
			});

			it("stay dead for any other cause", async () => {
				const { catalog } = under();
				await take(catalog);
				await catalog.endAttempt(endOf(await claimed(catalog, id)));
				await catalog.commitIntake(intake([arrival(moved)]));
				expect((await catalog.job(id))?.state).toBe("dead");
				expect(await outcomeKinds(catalog)).toEqual(["a dead", "elsewhere dead"]);
			});
		});

		describe("whose input was changed", () => {
			const changed = { class: "permanent", code: "INPUT_CHANGED", message: "a changed" } as const;
			const end = (job: ClaimedJob) => endOf(job, { outcome: "lost", cause: changed });

			it("supersede their job, use up no attempt, and tell the edge to look again", async () => {
				const { catalog } = under();
				await take(catalog);
				expect(await catalog.endAttempt(end(await claimed(catalog, id)))).toBe(true);
				expect(await catalog.job(id)).toMatchObject({ state: "superseded", attemptsUsed: 0, cause: changed });
				expect(await outcomeKinds(catalog)).toEqual(["a changed"]);
				expect(await catalog.pending()).toMatchObject({ jobs: 0 });
			});

			it("are made again when the content comes back", async () => {
				const { catalog } = under();
				await take(catalog);
				await catalog.endAttempt(end(await claimed(catalog, id)));
				await take(catalog);
				expect(await catalog.job(id)).toMatchObject({ state: "queued", attemptsUsed: 0 });
			});

			it.each([
				["where it was", plate],
				["elsewhere", acquisition("elsewhere", "A")],
			])("are made again when the content was seen %s while they were under way", async (_where, again) => {
				const { catalog } = under();
				await take(catalog);
				const job = await claimed(catalog, id);
				await catalog.commitIntake(intake([arrival(again)]));
				await catalog.endAttempt(end(job));
				expect((await catalog.job(id))?.state).toBe("queued");
			});
		});

		describe("that came to no result", () => {
			const strays = async (catalog: Catalog) =>
				(await catalog.strays(9)).map(({ job, token }) => (job === id ? token : job));

			it("are known until their objects were removed", async () => {
				const { catalog, reopen } = under();
				await take(catalog);
				for (const [i, outcome] of (["failed", "not-ready", "lost"] as const).entries()) {
					const now = 10_000 * (i + 1);
					await catalog.endAttempt(endOf(await claimed(catalog, id, now), { outcome, now, againAt: now + 1 }));
				}
				expect(await strays(catalog)).toEqual([1, 2, 3]);
				expect((await catalog.pending()).strays).toBe(3);
				await catalog.straysRemoved(await catalog.strays(2));
				expect(await strays(await reopen())).toEqual([3]);
			});

			it("are those that were reaped, and those whose lease another took over", async () => {
				const { catalog } = under();
				await take(catalog);
				await claimed(catalog, id, 1_000);
				await catalog.wake(31_000);
				await claimed(catalog, id, 31_000);
				await claimed(catalog, id, 61_000);
				expect(await strays(catalog)).toEqual([1, 2]);
			});

			it("are told again when a fenced worker comes back: it may have stored something since", async () => {
				const { catalog } = under();
				await take(catalog);
				const old = await claimed(catalog, id, 1_000);
				const young = await claimed(catalog, id, 31_000);
				await catalog.straysRemoved(await catalog.strays(9));
				await catalog.commitResult(commitOf(old));
				await catalog.endAttempt(endOf(old));
				expect(await strays(catalog)).toEqual([1, 1]);
				expect(young.token).toBe(2);
			});

			it("are never one that is committed, whatever is told of it later", async () => {
				const { catalog } = under();
				await take(catalog);
				const job = await claimed(catalog, id);
				const commit = commitOf(job);
				await catalog.commitResult(commit);
				await catalog.commitResult(commit);
				await catalog.endAttempt(endOf(job, { outcome: "lost", againAt: 2_000 }));
				expect(await strays(catalog)).toEqual([]);
			});
		});

		it("gives the same answer to an end that is told again", async () => {
			const { catalog } = under();
			await take(catalog);
			const end = endOf(await claimed(catalog, id), { againAt: 3_000 });
			expect([await catalog.endAttempt(end), await catalog.endAttempt(end)]).toEqual([true, true]);
			const commit = commitOf(await claimed(catalog, id, 3_000));
			expect([await catalog.commitResult(commit), await catalog.commitResult(commit)]).toEqual([true, true]);
			expect((await catalog.job(id))?.attempts).toHaveLength(2);
			expect((await catalog.results({ limit: 9, filter: {} })).items).toHaveLength(1);
		});

		it("gives up one that cannot be claimed: it is dead, and its acquisition hears of it; none that runs or is over", async () => {
			const { catalog } = under();
			const [id = "", runs = ""] = await queued(catalog, "a", "b");
			const cause = { class: "fault", code: "JOB_OF_NOTHING", message: "nothing is linked to it" } as const;
			expect(await catalog.giveUp(id, cause, 2_000)).toBeDefined();
			expect(await catalog.job(id)).toMatchObject({ state: "dead", cause, attempts: [], history: { length: 4 } });
			expect(await outcomeKinds(catalog)).toEqual(["a dead"]);
			await claimed(catalog, runs);
			for (const other of [id, runs, "j0"]) expect(await catalog.giveUp(other, cause, 3_000)).toBeUndefined();
			expect(await replayed(catalog, id, 4_000, "anna")).toBe("queued");
		});
	});
}
