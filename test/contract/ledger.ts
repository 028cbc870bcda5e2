import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Conclusion, Ledger, LedgerEntry, Observation, Unit } from "#core/ports/ledger.ts";
import type { Member } from "#domain/acquisition.ts";
import type { FileState } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";

export interface LedgerUnderTest {
	/** Opens the same, at first empty, ledger each time. */
	open(): Ledger;
	dispose(): void;
}

const none: ReadonlySet<number> = new Set();
const source = "plates";

export function describeLedger(name: string, setUp: () => LedgerUnderTest): void {
	describe(`ledger: ${name}`, () => {
		let under: LedgerUnderTest;
		let ledger: Ledger;

		beforeEach(() => {
			under = setUp();
			ledger = under.open();
		});

		afterEach(() => {
			ledger.close();
			under.dispose();
		});

		const see = (...observations: Observation[]) => ledger.observe(source, observations);
		const find = (path: PathString) => ledger.find(source, path) as LedgerEntry;
		const state = (path: PathString) => find(path).state;
		const unit = (path: PathString, now = 1e15) => ledger.due(now, 100, none).find((due) => due.path === path) as Unit;
		const told = (path: PathString) =>
			ledger.life(source, path)?.events.map(({ what, detail }) => (detail === "" ? what : `${what}: ${detail}`));
		const settle = (path: PathString, at = 1_000) => {
			const { id, generation } = find(path);
			const files =
				find(path).kind === "folder" ? ledger.members(id).filter((m) => m.goneAt === undefined) : [find(path)];
			ledger.conclude([
				{ unit: id, generation, state: "settled", at, members: files.map((file) => member(file)), event: "e1" },
			]);
		};
		const analyse = (path: PathString, at = 2_000) => {
			const { id, generation } = find(path);
			ledger.conclude([{ unit: id, generation, state: "analysed", at, reason: "result r1" }]);
		};

		describe("a file", () => {
			it("is seen, and waits for its time", () => {
				see(changed("a.csv", { at: 100, wakeAt: 2_100 }));
				expect(find("a.csv")).toMatchObject({
					source,
					path: "a.csv",
					kind: "file",
					state: "seen",
					reason: undefined,
					stat: stat(10),
					sha256: undefined,
					goneAt: undefined,
					unit: undefined,
					firstSeenAt: 100,
					changedAt: 100,
				});
				expect(ledger.due(2_099, 10, none)).toEqual([]);
				expect(ledger.due(2_100, 10, none)).toMatchObject([
					{
						source,
						path: "a.csv",
						kind: "file",
						stat: stat(10),
						changedAt: 100,
						firstSeenAt: 100,
						wakeAt: 2_100,
						looks: 0,
					},
				]);
				expect(told("a.csv")).toEqual(["seen: 10 bytes"]);
			});

			it("keeps every nanosecond, and inodes beyond a double", () => {
				const exact = { size: 5, mtimeNs: 1_790_000_000_123_456_789n, ctimeNs: -1n, inode: 9_223_372_036_854_775_807n };
				see({ ...changed("a"), stat: exact });
				expect(find("a").stat).toEqual(exact);
				expect(ledger.children(source, "").get("a")?.stat).toEqual(exact);
				expect(unit("a").stat).toEqual(exact);
			});

			it("settles with the digest and the stat that was hashed", () => {
				see(changed("a.csv"));
				const { id, generation } = unit("a.csv");
				const hashed = { ...member(find("a.csv")), size: 12, mtimeNs: "777" };
				ledger.conclude([{ unit: id, generation, state: "settled", at: 5_000, members: [hashed], event: "e1" }]);
				expect(find("a.csv")).toMatchObject({
					state: "settled",
					sha256: hashed.sha256,
					stat: { ...stat(12), mtimeNs: 777n },
				});
				expect(ledger.nextWake(none)).toBeUndefined();
				expect(told("a.csv")).toEqual(["seen: 10 bytes", "settled: published as e1"]);
			});

			it("goes on settling with what it waits for, counting the looks", () => {
				see(changed("a.csv", { wakeAt: 100 }));
				const { id, generation } = unit("a.csv");
				const waits = { unit: id, generation, state: "settling", waitingFor: "the marker done.txt" } as const;
				ledger.conclude([{ ...waits, at: 200, wakeAt: 900 }]);
				ledger.conclude([{ ...waits, at: 900, wakeAt: 3_000 }]);
				expect(find("a.csv")).toMatchObject({ state: "settling", reason: "the marker done.txt", generation });
				expect(unit("a.csv")).toMatchObject({ looks: 2, wakeAt: 3_000 });
				expect(ledger.life(source, "a.csv")?.wakeAt).toBe(3_000);
				expect(told("a.csv")).toEqual(["seen: 10 bytes", "settling: the marker done.txt"]);
			});

			it("that changes is a new version: it settles again, and is looked at anew", () => {
				see(changed("a.csv"));
				settle("a.csv");
				analyse("a.csv");
				const before = find("a.csv");
				see(changed("a.csv", { at: 9_000, wakeAt: 11_000, size: 25 }));
				const after = find("a.csv");
				expect(after).toMatchObject({ state: "settling", reason: undefined, sha256: undefined, changedAt: 9_000 });
				expect(after.generation).toBeGreaterThan(before.generation);
				expect(unit("a.csv")).toMatchObject({ looks: 0, wakeAt: 11_000, firstSeenAt: 0 });
				expect(told("a.csv")).toEqual([
					"seen: 10 bytes",
					"settled: published as e1",
					"analysed: result r1",
					"changed: from 10 to 25 bytes",
				]);
			});

			it("seen again as it is known changes nothing", () => {
				see(changed("a.csv"));
				settle("a.csv");
				const before = find("a.csv");
				see(changed("a.csv", { at: 9_000, wakeAt: 11_000 }));
				expect(find("a.csv")).toEqual(before);
				expect(ledger.nextWake(none)).toBeUndefined();
			});

			it.each([
				["replaced by another file of the same size", { inode: 2n }],
				["written again, same size", { mtimeNs: 2n }],
				["touched: same size and date, another change time", { ctimeNs: 2n }],
			])("tells how it changed: %s", (words, difference) => {
				see(changed("a.csv"));
				see({ ...changed("a.csv"), stat: { ...stat(10), ...difference } });
				expect(told("a.csv")).toEqual(["seen: 10 bytes", `changed: ${words}`]);
			});

			it("is concluded only in the version that was judged: a newer observation wins", () => {
				see(changed("a.csv"));
				const old = unit("a.csv");
				see(changed("a.csv", { size: 20, wakeAt: 5_000 }));
				const conclusion = { unit: old.id, generation: old.generation, at: 1, members: [], event: "e" };
				ledger.conclude([{ ...conclusion, state: "settled" }]);
				expect(state("a.csv")).toBe("settling");
				expect(ledger.nextWake(none)).toBe(5_000);
			});

			it("is ignored with the rule that says so, and waits for nothing", () => {
				see(dismissed("ignored", "x.tmp", "exclude: **/*.tmp"));
				expect(find("x.tmp")).toMatchObject({ state: "ignored", reason: "exclude: **/*.tmp", kind: "file" });
				expect(ledger.nextWake(none)).toBeUndefined();
				expect(told("x.tmp")).toEqual(["seen", "ignored: exclude: **/*.tmp"]);
			});

			it("that is quarantined is judged again at its time, and is not waited for before", () => {
				see({ ...dismissed("quarantined", "a", "may not be read"), wakeAt: 60_000 });
				expect(find("a")).toMatchObject({ state: "quarantined", reason: "may not be read" });
				expect(ledger.nextWake(none)).toBe(60_000);
				expect(ledger.unjudged()).toBe(0);
				const { id, generation } = unit("a");
				ledger.conclude([{ unit: id, generation, state: "quarantined", at: 60_000, reason: "truncated" }]);
				expect(find("a")).toMatchObject({ state: "quarantined", reason: "truncated" });
				expect(ledger.nextWake(none)).toBeUndefined();
			});

			it("that was ignored is seen again when the rule is gone, although it did not change", () => {
				see(dismissed("ignored", "a", "exclude: a"));
				see(changed("a", { wakeAt: 700 }));
				expect(find("a")).toMatchObject({ state: "settling", reason: undefined });
				expect(ledger.nextWake(none)).toBe(700);
			});

			it("gone before it was complete is ignored for that reason", () => {
				see(changed("a.csv"));
				const { id, generation } = unit("a.csv");
				see(gone("a.csv", 500));
				expect(find("a.csv")).toMatchObject({
					state: "ignored",
					reason: "deleted before it was complete",
					goneAt: 500,
				});
				ledger.conclude([{ unit: id, generation, state: "settled", at: 600, members: [], event: "late" }]);
				expect(state("a.csv")).toBe("ignored");
				expect(ledger.nextWake(none)).toBeUndefined();
			});

			it("gone after it settled keeps its state, and can still become analysed", () => {
				see(changed("a.csv"));
				settle("a.csv");
				see(gone("a.csv", 500), gone("a.csv", 600), gone("never seen", 600));
				expect(find("a.csv")).toMatchObject({ state: "settled", goneAt: 500 });
				analyse("a.csv");
				expect(find("a.csv")).toMatchObject({ state: "analysed", goneAt: 500 });
				expect(ledger.find(source, "never seen")).toBeUndefined();
			});

			it("gone and found not ready waits for nothing", () => {
				see(changed("a.csv"));
				settle("a.csv");
				see(gone("a.csv", 500));
				const { id, generation } = find("a.csv");
				ledger.conclude([{ unit: id, generation, state: "settling", at: 600, waitingFor: "R", wakeAt: 700 }]);
				expect(state("a.csv")).toBe("ignored");
				expect(ledger.nextWake(none)).toBeUndefined();
			});

			it("that comes back is a change, also with the same stat", () => {
				see(changed("a.csv"));
				settle("a.csv");
				see(gone("a.csv", 500));
				see(changed("a.csv", { at: 900, wakeAt: 1_900 }));
				expect(find("a.csv")).toMatchObject({ state: "settling", goneAt: undefined, changedAt: 900 });
				expect(ledger.nextWake(none)).toBe(1_900);
				expect(told("a.csv")?.slice(-2)).toEqual(["gone: deleted or moved away", "returned: 10 bytes"]);
			});
		});

		describe("a folder", () => {
			const inRun = (path: string, more: Partial<Change> = {}) => changed(`run1/${path}`, { ...more, folder: "run1" });

			it("is a unit of its members, which are in its state", () => {
				see(inRun("a.csv", { size: 10 }), inRun("data/b.csv", { size: 20 }));
				expect(find("run1")).toMatchObject({ kind: "folder", state: "seen", stat: { size: 30 } });
				expect(find("run1/data/b.csv")).toMatchObject({ kind: "member", state: "seen", unit: find("run1").id });
				expect(ledger.due(1e15, 10, none).map((due) => due.path)).toEqual(["run1"]);
				settle("run1");
				expect(state("run1/data/b.csv")).toBe("settled");
				expect(find("run1/a.csv").sha256).toBe(member(find("run1/a.csv")).sha256);
				analyse("run1");
				expect([...ledger.counts()]).toEqual([["analysed", 2]]);
			});

			it("waits for the latest of its members", () => {
				see(inRun("a", { wakeAt: 3_000 }), inRun("b", { wakeAt: 2_000 }));
				see(inRun("c", { wakeAt: 2_500 }));
				expect(ledger.nextWake(none)).toBe(3_000);
			});

			it("that waits long for a marker is looked at soon when a member changes", () => {
				see(inRun("a", { wakeAt: 1_000 }));
				const { id, generation } = unit("run1");
				ledger.conclude([
					{ unit: id, generation, state: "settling", at: 1_000, waitingFor: "the marker done.txt", wakeAt: 3_600_000 },
				]);
				expect(find("run1/a")).toMatchObject({ state: "settling", reason: "the marker done.txt" });
				see(inRun("done.txt", { wakeAt: 4_000 }));
				expect(unit("run1")).toMatchObject({ wakeAt: 4_000, looks: 0 });
			});

			it("that settled or was analysed is reopened by a member that changes or comes", () => {
				see(inRun("a"), inRun("b"));
				settle("run1");
				see(inRun("a", { size: 99, wakeAt: 7_000 }));
				expect(find("run1")).toMatchObject({ state: "settling", stat: { size: 109 } });
				expect(state("run1/b")).toBe("settling");
				settle("run1");
				analyse("run1");
				see(inRun("late", { wakeAt: 8_000 }));
				expect(state("run1")).toBe("settling");
				expect(ledger.nextWake(none)).toBe(8_000);
				expect(told("run1")?.filter((event) => event.startsWith("reopened"))).toEqual([
					"reopened: by run1/a",
					"reopened: by run1/late",
				]);
			});

			it("grows its generation with every change of a member, so that an older judgement does not count", () => {
				see(inRun("a"));
				const { id, generation } = unit("run1");
				see(inRun("b"));
				ledger.conclude([{ unit: id, generation, state: "settled", at: 1, members: [], event: "e" }]);
				expect(state("run1")).toBe("settling");
				const before = find("run1").generation;
				see(gone("run1/b", 2));
				expect(find("run1").generation).toBeGreaterThan(before);
			});

			it("that settled is reopened by the loss of a member", () => {
				see(inRun("a"), inRun("b"));
				settle("run1");
				see(gone("run1/b", 5_000));
				expect(find("run1")).toMatchObject({ state: "settling", stat: { size: 10 } });
				expect(ledger.nextWake(none)).toBe(5_000);
				expect(find("run1/b")).toMatchObject({ state: "settled", goneAt: 5_000 });
				expect(told("run1")?.at(-1)).toBe("reopened: by the loss of run1/b");
			});

			it("that was analysed stays so while people tidy it up", () => {
				see(inRun("a"), inRun("b"), inRun("c"));
				settle("run1");
				analyse("run1");
				see(gone("run1/a", 5_000), gone("run1/b", 5_000));
				expect(state("run1")).toBe("analysed");
				see(gone("run1/c", 6_000));
				expect(find("run1")).toMatchObject({ state: "analysed", goneAt: 6_000 });
				expect(find("run1/c")).toMatchObject({ state: "analysed", goneAt: 6_000 });
				expect(ledger.nextWake(none)).toBeUndefined();
				expect(ledger.counts().size).toBe(0);
			});

			it("is gone with its last member, and ignored if it was not complete", () => {
				see(inRun("a"), inRun("b"));
				see(gone("run1/a", 500), gone("run1/b", 500));
				const deleted = { state: "ignored", reason: "deleted before it was complete", goneAt: 500 };
				expect(find("run1")).toMatchObject(deleted);
				expect(find("run1/a")).toMatchObject(deleted);
				expect(ledger.nextWake(none)).toBeUndefined();
				see(inRun("a", { wakeAt: 900 }));
				expect(find("run1")).toMatchObject({ state: "settling", goneAt: undefined });
				expect(ledger.nextWake(none)).toBe(900);
			});

			it("gives its members by the bytes of their paths, those that are gone included", () => {
				for (const path of ["b", "a-x/1", "a/2", "é", "a/1", "Z"]) see(inRun(path));
				see(gone("run1/b", 1));
				expect(ledger.members(find("run1").id).map((entry) => entry.path)).toEqual(
					["Z", "a-x/1", "a/1", "a/2", "b", "é"].map((path) => `run1/${path}`),
				);
			});

			it("tells a member what happens to it", () => {
				see(inRun("a", { at: 10 }));
				settle("run1", 1_000);
				const life = ledger.life(source, "run1/a");
				expect(life?.folder?.path).toBe("run1");
				expect(life?.events).toEqual([
					{ at: 10, what: "seen", detail: "10 bytes" },
					{ at: 1_000, what: "settled", detail: "folder run1: published as e1" },
				]);
			});

			it("loses a member that is ignored from now on", () => {
				see(inRun("a"), inRun("junk"));
				see(dismissed("ignored", "run1/junk", "exclude: junk"));
				expect(find("run1/junk")).toMatchObject({ kind: "file", state: "ignored", unit: undefined });
				expect(find("run1").stat.size).toBe(10);
				expect([...ledger.counts()].sort()).toEqual([
					["ignored", 1],
					["settling", 1],
				]);
			});

			it("keeps a file apart that came where it was, whatever is told of its members later", () => {
				see(inRun("a"), inRun("b"));
				see(gone("run1/a", 2), changed("run1", { wakeAt: 70 }));
				see(gone("run1/b", 3));
				expect(find("run1")).toMatchObject({ kind: "file", state: "settling", goneAt: undefined, stat: stat(10) });
				expect([...ledger.counts()]).toEqual([["settling", 1]]);
			});

			it("can come where a file was, and a file where it was", () => {
				see(changed("run1"));
				see(gone("run1", 1), inRun("a", { wakeAt: 50 }));
				expect(find("run1")).toMatchObject({ kind: "folder", state: "settling", goneAt: undefined });
				expect(ledger.nextWake(none)).toBe(50);
				see(gone("run1/a", 2), changed("run1", { wakeAt: 70 }));
				expect(find("run1")).toMatchObject({ kind: "file", state: "settling", goneAt: undefined });
				expect(ledger.nextWake(none)).toBe(70);
				expect(ledger.members(find("run1").id).filter((entry) => entry.goneAt === undefined)).toEqual([]);
				expect([...ledger.counts()]).toEqual([["settling", 1]]);
			});
		});

		describe("what waits", () => {
			it("is due earliest first, no more than asked for, without what is in hand", () => {
				see(
					changed("c", { wakeAt: 30 }),
					changed("a", { wakeAt: 10 }),
					changed("b", { wakeAt: 20 }),
					changed("d", { wakeAt: 99 }),
				);
				const paths = (max: number, except = none) => ledger.due(50, max, except).map((due) => due.path);
				expect(paths(10)).toEqual(["a", "b", "c"]);
				expect(paths(2)).toEqual(["a", "b"]);
				expect(paths(2, new Set([find("a").id]))).toEqual(["b", "c"]);
				expect(ledger.nextWake(none)).toBe(10);
				expect(ledger.nextWake(new Set([find("a").id, find("b").id]))).toBe(30);
			});

			it("is unjudged until somebody looked at its present version", () => {
				see(changed("a"), changed("b"));
				expect(ledger.unjudged()).toBe(2);
				const { id, generation } = find("a");
				ledger.conclude([{ unit: id, generation, state: "settling", at: 1, waitingFor: "quiet", wakeAt: 5 }]);
				settle("b");
				expect(ledger.unjudged()).toBe(0);
				see(changed("a", { size: 11 }));
				expect(ledger.unjudged()).toBe(1);
			});

			it("moves with the wall clock when that is stepped", () => {
				see(changed("a", { wakeAt: 10_000 }), dismissed("ignored", "b", "rule"));
				ledger.shift(-3_600_000.5);
				expect(ledger.nextWake(none)).toBe(10_000 - 3_600_000);
			});

			it("is traced: one trace a version, the same after a restart", () => {
				see(changed("a"), changed("b"));
				const first = unit("a").traceparent;
				expect(first).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
				expect(unit("b").traceparent).not.toBe(first);
				ledger.close();
				ledger = under.open();
				expect(unit("a").traceparent).toBe(first);
				see(changed("a", { size: 11 }));
				expect(unit("a").traceparent).not.toBe(first);
			});
		});

		describe("paths", () => {
			const awkward = [
				"ü.csv",
				"new\nline",
				"bad\udcff\udc80.csv",
				"back\\slash",
				`${"n".repeat(255)}`,
				"dir/%_*?",
				"🐇",
			];

			it("are bytes, and lose none", () => {
				see(...awkward.map((path) => changed(path)));
				for (const path of awkward) expect(find(path).path).toBe(path);
				expect([...ledger.entries(source)].map((entry) => entry.path).sort()).toEqual([...awkward].sort());
				expect(new Set(ledger.children(source, "").keys())).toEqual(
					new Set(awkward.filter((path) => !path.includes("/"))),
				);
			});

			it("are compared a directory at a time, without what lies deeper, other sources, and folders", () => {
				see(changed("a"), changed("d/b"), changed("d/e/c"), changed("run/x", { folder: "run" }));
				ledger.observe("other", [changed("z")]);
				expect([...ledger.children(source, "").keys()]).toEqual(["a"]);
				expect([...ledger.children(source, "d").keys()]).toEqual(["b"]);
				expect([...ledger.children(source, "run").values()].map((entry) => entry.path)).toEqual(["run/x"]);
				expect(ledger.children(source, "nowhere").size).toBe(0);
				expect(ledger.children("nobody", "").size).toBe(0);
			});

			it("can be compared in ranges of names, in the order of their bytes", () => {
				see(...["a", "b", "c", "é", "d\udcff"].map((path) => changed(`d/${path}`)));
				const between = (after: string | undefined, through: string | undefined) =>
					[...ledger.children(source, "d", { after, through }).keys()].sort();
				expect(between(undefined, "b")).toEqual(["a", "b"]);
				expect(between("b", "d\udcff")).toEqual(["c", "d\udcff"]);
				expect(between("d\udcff", undefined)).toEqual(["é"]);
			});

			it("are listed by directory, then name, and by state", () => {
				see(changed("b/2"), changed("a"), changed("b/1"), changed("a-/x"), dismissed("ignored", "b/0", "rule"));
				settle("a");
				const list = (states?: FileState[]) =>
					[...ledger.entries(source, states && { states })].map((entry) => entry.path);
				expect(list()).toEqual(["a", "a-/x", "b/0", "b/1", "b/2"]);
				expect(list(["settled", "ignored"])).toEqual(["a", "b/0"]);
				expect(list([])).toEqual([]);
			});

			it("can change while they are listed, and a listing that is left half-way holds nothing", () => {
				see(...Array.from({ length: 2_500 }, (_, n) => changed(`d${n % 3}/f${n}`)));
				let listed = 0;
				for (const entry of ledger.entries(source)) {
					if (listed++ % 500 === 0) see(gone(entry.path, 1));
				}
				expect(listed).toBe(2_500);
				for (const _ of ledger.entries(source)) break;
				for (const _ of ledger.directories(source)) break;
				see(changed("more"));
			});

			it("are paged by the order in which they were first seen, over all sources, both ways", () => {
				see(changed("z"), changed("a"));
				ledger.observe("other", [changed("m")]);
				const page = (request: Omit<Parameters<Ledger["page"]>[0], "limit"> & { limit?: number }) =>
					ledger.page({ limit: 10, ...request }).map((entry) => `${entry.source}/${entry.path}`);
				expect(page({ order: "asc" })).toEqual(["plates/z", "plates/a", "other/m"]);
				expect(page({ order: "desc", limit: 2 })).toEqual(["other/m", "plates/a"]);
				expect(page({ order: "asc", beyond: find("z").id })).toEqual(["plates/a", "other/m"]);
				expect(page({ order: "desc", beyond: find("a").id })).toEqual(["plates/z"]);
				expect(page({ order: "asc", source: "other" })).toEqual(["other/m"]);
				expect(page({ order: "asc", states: ["settled"] })).toEqual([]);
			});

			it("tell the directories that have something in them", () => {
				see(changed("top"), changed("a/1"), changed("a/b/2"), changed("gone/3"), changed("run/x", { folder: "run" }));
				see(gone("gone/3", 1));
				expect([...ledger.directories(source)]).toEqual(["", "a", "a/b", "run"]);
				expect([...ledger.directories("nobody")]).toEqual([]);
			});
		});

		it("keeps the newest of what repeats while something grows for days, and all that matters before", () => {
			see(changed("a"));
			settle("a");
			for (let n = 0; n < 200; n++) {
				see(changed("a", { at: 10 + n, size: 11 + n }));
				const { id, generation } = find("a");
				ledger.conclude([{ unit: id, generation, state: "settling", at: 10 + n, waitingFor: `quiet ${n}`, wakeAt: n }]);
			}
			const events = told("a") as string[];
			expect(events.slice(0, 2)).toEqual(["seen: 10 bytes", "settled: published as e1"]);
			expect(events.at(-1)).toBe("settling: quiet 199");
			expect(events.length).toBeLessThan(60);
		});

		it("keeps notes", () => {
			expect(ledger.note("outcomes")).toBeUndefined();
			ledger.setNote("outcomes", "1");
			ledger.setNote("outcomes", "2");
			expect(ledger.note("outcomes")).toBe("2");
		});

		it("has everything when it is opened again, and can be closed twice", () => {
			see(changed("a", { wakeAt: 5 }));
			ledger.setNote("n", "1");
			const before = find("a");
			ledger.close();
			ledger.close();
			ledger = under.open();
			expect(find("a")).toEqual(before);
			expect(ledger.nextWake(none)).toBe(5);
			expect(ledger.note("n")).toBe("1");
		});

		it("whatever happens: each path has one state, the counts agree, and nothing that is incomplete is forgotten", () => {
			fc.assert(
				fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
					const fresh = `source ${runs++}`;
					const before = ledger.counts();
					for (const each of happenings) happen(ledger, fresh, each);
					const entries = [...ledger.entries(fresh)];
					const files = entries.filter((entry) => entry.kind !== "folder" && entry.goneAt === undefined);
					expect(new Set(entries.map((entry) => entry.path)).size).toBe(entries.length);
					const tally = new Map(before);
					for (const { state } of files) tally.set(state, (tally.get(state) ?? 0) + 1);
					expect(new Map([...ledger.counts()].sort())).toEqual(new Map([...tally].sort()));
					const waiting = new Set(ledger.due(1e15, 10_000, none).map((due) => due.id));
					for (const entry of entries) {
						const open = entry.state === "seen" || entry.state === "settling";
						if (entry.kind !== "member" && entry.goneAt === undefined && open) expect(waiting).toContain(entry.id);
						if (entry.goneAt !== undefined) expect(waiting).not.toContain(entry.id);
						if (entry.goneAt !== undefined) expect(open).toBe(false);
						if (entry.kind === "folder") {
							const members = ledger.members(entry.id).filter((member) => member.goneAt === undefined);
							expect(entry.goneAt === undefined).toBe(members.length > 0);
							expect(entry.stat.size).toBe(members.reduce((sum, member) => sum + member.stat.size, 0));
							for (const member of members) expect(member.state).toBe(entry.state);
						}
					}
				}),
				{ numRuns: 60 },
			);
		});
	});
}

let runs = 0;

type Change = Extract<Observation, { kind: "changed" }> & { readonly size: number };

function stat(size: number) {
	return { size, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
}

function changed(path: PathString, change: Partial<Change> = {}): Extract<Observation, { kind: "changed" }> {
	const { at = 0, wakeAt = 0, folder, size = 10 } = change;
	return { kind: "changed", path, stat: stat(size), folder, at, wakeAt };
}

function dismissed(kind: "ignored" | "quarantined", path: PathString, reason: string) {
	return { kind, path, stat: stat(10), at: 0, reason } as const;
}

function gone(path: PathString, at: number): Observation {
	return { kind: "gone", path, at };
}

function member({ path, stat }: Pick<LedgerEntry, "path" | "stat">): Member {
	const { size, mtimeNs, ctimeNs, inode } = stat;
	const sha256 = size.toString(16).padStart(64, "0");
	return { path, size, sha256, mtimeNs: `${mtimeNs}`, ctimeNs: `${ctimeNs}`, inode: `${inode}` };
}

/** Something that a scan or a judge does, to a few paths of which some are members of a folder. */
const happening = fc.record({
	path: fc.constantFrom("a", "b", "run", "run/1", "run/2", "run/sub/3"),
	what: fc.constantFrom("changed", "changed", "gone", "ignored", "quarantined", "settled", "settling", "analysed"),
	size: fc.integer({ min: 0, max: 3 }),
	stale: fc.boolean(),
});

type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;

function happen(ledger: Ledger, source: string, { path, what, size, stale }: Happening): void {
	const folder = path.startsWith("run/") ? "run" : undefined;
	const observations: Record<string, Observation> = {
		changed: changed(path, { folder, size }),
		gone: gone(path, 1),
		ignored: dismissed("ignored", path, "a rule"),
		quarantined: dismissed("quarantined", path, "a rule"),
	};
	const observation = observations[what];
	if (observation) ledger.observe(source, [observation]);
	else judge(ledger, ledger.find(source, folder ?? path), what, stale);
}

function judge(ledger: Ledger, unit: LedgerEntry | undefined, what: string, stale: boolean): void {
	if (!unit || (unit.goneAt !== undefined && what === "settled")) return;
	const files = (unit.kind === "folder" ? ledger.members(unit.id) : [unit]).filter((file) => file.goneAt === undefined);
	const judged = { unit: unit.id, generation: stale ? unit.generation - 1 : unit.generation, at: 1 };
	const conclusions: Record<string, Conclusion> = {
		settled: { ...judged, state: "settled", members: files.map((file) => member(file)), event: "e" },
		settling: { ...judged, state: "settling", waitingFor: "quiet", wakeAt: 5 },
		analysed: { ...judged, state: "analysed", reason: "r" },
	};
	ledger.conclude([conclusions[what] as Conclusion]);
}
