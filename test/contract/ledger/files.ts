import { describe, expect, it } from "vitest";
import { changed, dismissed, gone, type LedgerBench, member, none, source, stat } from "./bench.ts";

export function describeFiles({ ledgerNow, see, find, state, unit, told, settle, analyse }: LedgerBench): void {
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
			expect(ledgerNow().due(2_099, 10, none)).toEqual([]);
			expect(ledgerNow().due(2_100, 10, none)).toMatchObject([
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
			expect(ledgerNow().children(source, "").get("a")?.stat).toEqual(exact);
			expect(unit("a").stat).toEqual(exact);
		});

		it("settles with the digest and the stat that was hashed", () => {
			see(changed("a.csv"));
			const { id, generation } = unit("a.csv");
			const hashed = { ...member(find("a.csv")), size: 12, mtimeNs: "777" };
			ledgerNow().conclude([{ unit: id, generation, state: "settled", at: 5_000, members: [hashed], event: "e1" }]);
			expect(find("a.csv")).toMatchObject({
				state: "settled",
				sha256: hashed.sha256,
				stat: { ...stat(12), mtimeNs: 777n },
			});
			expect(ledgerNow().nextWake(none)).toBeUndefined();
			expect(told("a.csv")).toEqual(["seen: 10 bytes", "settled: published as e1"]);
		});

		it("is verified where its content is also kept elsewhere, and then analysed, or seen anew", () => {
			see(changed("a.csv"), changed("b.csv"));
			for (const path of ["a.csv", "b.csv"]) {
				const { id, generation } = unit(path);
				const kept = { unit: id, generation, state: "verified", at: 5_000, event: "e1" } as const;
				ledgerNow().conclude([{ ...kept, members: [member(find(path))] }]);
			}
			expect(find("a.csv")).toMatchObject({ state: "verified", sha256: member(find("a.csv")).sha256 });
			expect(told("a.csv")).toEqual(["seen: 10 bytes", "verified: published as e1"]);
			const { id, generation } = find("a.csv");
			ledgerNow().conclude([{ unit: id, generation, state: "analysed", at: 6_000, reason: "r1" }]);
			see(changed("b.csv", { size: 11 }));
			expect([...ledgerNow().counts()].sort()).toEqual([
				["analysed", 1],
				["settling", 1],
			]);
		});

		it("goes on settling with what it waits for, counting the looks", () => {
			see(changed("a.csv", { wakeAt: 100 }));
			const { id, generation } = unit("a.csv");
			const waits = { unit: id, generation, state: "settling", waitingFor: "the marker done.txt" } as const;
			ledgerNow().conclude([{ ...waits, at: 200, wakeAt: 900 }]);
			ledgerNow().conclude([{ ...waits, at: 900, wakeAt: 3_000 }]);
			expect(find("a.csv")).toMatchObject({ state: "settling", reason: "the marker done.txt", generation });
			expect(unit("a.csv")).toMatchObject({ looks: 2, wakeAt: 3_000 });
			expect(ledgerNow().life(source, "a.csv")?.wakeAt).toBe(3_000);
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
			expect(ledgerNow().nextWake(none)).toBeUndefined();
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
			ledgerNow().conclude([{ ...conclusion, state: "settled" }]);
			expect(state("a.csv")).toBe("settling");
			expect(ledgerNow().nextWake(none)).toBe(5_000);
		});

		it("is ignored with the rule that says so, and waits for nothing", () => {
			see(dismissed("ignored", "x.tmp", "exclude: **/*.tmp"));
			expect(find("x.tmp")).toMatchObject({ state: "ignored", reason: "exclude: **/*.tmp", kind: "file" });
			expect(ledgerNow().nextWake(none)).toBeUndefined();
			expect(told("x.tmp")).toEqual(["seen", "ignored: exclude: **/*.tmp"]);
		});

		it("that is quarantined is judged again at its time, and is not waited for before", () => {
			see({ ...dismissed("quarantined", "a", "may not be read"), wakeAt: 60_000 });
			expect(find("a")).toMatchObject({ state: "quarantined", reason: "may not be read" });
			expect(ledgerNow().nextWake(none)).toBe(60_000);
			expect(ledgerNow().unjudged()).toBe(0);
			const { id, generation } = unit("a");
			ledgerNow().conclude([{ unit: id, generation, state: "quarantined", at: 60_000, reason: "truncated" }]);
			expect(find("a")).toMatchObject({ state: "quarantined", reason: "truncated" });
			expect(ledgerNow().nextWake(none)).toBeUndefined();
		});

		it("that was ignored is seen again when the rule is gone, although it did not change", () => {
			see(dismissed("ignored", "a", "exclude: a"));
			see(changed("a", { wakeAt: 700 }));
			expect(find("a")).toMatchObject({ state: "settling", reason: undefined });
			expect(ledgerNow().nextWake(none)).toBe(700);
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
			ledgerNow().conclude([{ unit: id, generation, state: "settled", at: 600, members: [], event: "late" }]);
			expect(state("a.csv")).toBe("ignored");
			expect(ledgerNow().nextWake(none)).toBeUndefined();
		});

		it("gone after it settled keeps its state, and can still become analysed", () => {
			see(changed("a.csv"));
			settle("a.csv");
			see(gone("a.csv", 500), gone("a.csv", 600), gone("never seen", 600));
			expect(find("a.csv")).toMatchObject({ state: "settled", goneAt: 500 });
			analyse("a.csv");
			expect(find("a.csv")).toMatchObject({ state: "analysed", goneAt: 500 });
			expect(ledgerNow().find(source, "never seen")).toBeUndefined();
		});

		it("gone and found not ready waits for nothing", () => {
			see(changed("a.csv"));
			settle("a.csv");
			see(gone("a.csv", 500));
			const { id, generation } = find("a.csv");
			ledgerNow().conclude([{ unit: id, generation, state: "settling", at: 600, waitingFor: "R", wakeAt: 700 }]);
			expect(state("a.csv")).toBe("ignored");
			expect(ledgerNow().nextWake(none)).toBeUndefined();
		});

		it("that comes back is a change, also with the same stat", () => {
			see(changed("a.csv"));
			settle("a.csv");
			see(gone("a.csv", 500));
			see(changed("a.csv", { at: 900, wakeAt: 1_900 }));
			expect(find("a.csv")).toMatchObject({ state: "settling", goneAt: undefined, changedAt: 900 });
			expect(ledgerNow().nextWake(none)).toBe(1_900);
			expect(told("a.csv")?.slice(-2)).toEqual(["gone: deleted or moved away", "returned: 10 bytes"]);
		});
	});
}
