import { describe, expect, it } from "vitest";
import type { Change } from "./bench.ts";
import { changed, dismissed, gone, type LedgerBench, member, none, source, stat } from "./bench.ts";

export function describeFolders({ ledgerNow, see, find, state, unit, told, settle, analyse }: LedgerBench): void {
	describe("a folder", () => {
		const inRun = (path: string, more: Partial<Change> = {}) => changed(`run1/${path}`, { ...more, folder: "run1" });

		it("is a unit of its members, which are in its state", () => {
			see(inRun("a.csv", { size: 10 }), inRun("data/b.csv", { size: 20 }));
			expect(find("run1")).toMatchObject({ kind: "folder", state: "seen", stat: { size: 30 } });
			expect(find("run1/data/b.csv")).toMatchObject({ kind: "member", state: "seen", unit: find("run1").id });
			expect(
				ledgerNow()
					.due(1e15, 10, none)
					.map((due) => due.path),
			).toEqual(["run1"]);
			settle("run1");
			expect(state("run1/data/b.csv")).toBe("settled");
			expect(find("run1/a.csv").sha256).toBe(member(find("run1/a.csv")).sha256);
			analyse("run1");
			expect([...ledgerNow().counts()]).toEqual([["analysed", 2]]);
		});

		it("waits for the latest of its members", () => {
			see(inRun("a", { wakeAt: 3_000 }), inRun("b", { wakeAt: 2_000 }));
			see(inRun("c", { wakeAt: 2_500 }));
			expect(ledgerNow().nextWake(none)).toBe(3_000);
		});

		it("that waits long for a marker is looked at soon when a member changes", () => {
			see(inRun("a", { wakeAt: 1_000 }));
			const { id, generation } = unit("run1");
			ledgerNow().conclude([
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
			expect(ledgerNow().nextWake(none)).toBe(8_000);
			expect(told("run1")?.filter((event) => event.startsWith("reopened"))).toEqual([
				"reopened: by run1/a",
				"reopened: by run1/late",
			]);
		});

		it("grows its generation with every change of a member, so that an older judgement does not count", () => {
			see(inRun("a"));
			const { id, generation } = unit("run1");
			see(inRun("b"));
			ledgerNow().conclude([{ unit: id, generation, state: "settled", at: 1, members: [], event: "e" }]);
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
			expect(ledgerNow().nextWake(none)).toBe(5_000);
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
			expect(ledgerNow().nextWake(none)).toBeUndefined();
			expect(ledgerNow().counts().size).toBe(0);
		});

		it("is gone with its last member, and ignored if it was not complete", () => {
			see(inRun("a"), inRun("b"));
			see(gone("run1/a", 500), gone("run1/b", 500));
			const deleted = { state: "ignored", reason: "deleted before it was complete", goneAt: 500 };
			expect(find("run1")).toMatchObject(deleted);
			expect(find("run1/a")).toMatchObject(deleted);
			expect(ledgerNow().nextWake(none)).toBeUndefined();
			see(inRun("a", { wakeAt: 900 }));
			expect(find("run1")).toMatchObject({ state: "settling", goneAt: undefined });
			expect(ledgerNow().nextWake(none)).toBe(900);
		});

		it("gives its members by the bytes of their paths, those that are gone included", () => {
			for (const path of ["b", "a-x/1", "a/2", "é", "a/1", "Z"]) see(inRun(path));
			see(gone("run1/b", 1));
			expect(
				ledgerNow()
					.members(find("run1").id)
					.map((entry) => entry.path),
			).toEqual(["Z", "a-x/1", "a/1", "a/2", "b", "é"].map((path) => `run1/${path}`));
		});

		it("tells a member what happens to it", () => {
			see(inRun("a", { at: 10 }));
			settle("run1", 1_000);
			const life = ledgerNow().life(source, "run1/a");
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
			expect([...ledgerNow().counts()].sort()).toEqual([
				["ignored", 1],
				["settling", 1],
			]);
		});

		it("keeps a file apart that came where it was, whatever is told of its members later", () => {
			see(inRun("a"), inRun("b"));
			see(gone("run1/a", 2), changed("run1", { wakeAt: 70 }));
			see(gone("run1/b", 3));
			expect(find("run1")).toMatchObject({ kind: "file", state: "settling", goneAt: undefined, stat: stat(10) });
			expect([...ledgerNow().counts()]).toEqual([["settling", 1]]);
		});

		it("can come where a file was, and a file where it was", () => {
			see(changed("run1"));
			see(gone("run1", 1), inRun("a", { wakeAt: 50 }));
			expect(find("run1")).toMatchObject({ kind: "folder", state: "settling", goneAt: undefined });
			expect(ledgerNow().nextWake(none)).toBe(50);
			see(gone("run1/a", 2), changed("run1", { wakeAt: 70 }));
			expect(find("run1")).toMatchObject({ kind: "file", state: "settling", goneAt: undefined });
			expect(ledgerNow().nextWake(none)).toBe(70);
			expect(
				ledgerNow()
					.members(find("run1").id)
					.filter((entry) => entry.goneAt === undefined),
			).toEqual([]);
			expect([...ledgerNow().counts()]).toEqual([["settling", 1]]);
		});
	});
}
