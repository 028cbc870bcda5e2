import { describe, expect, it } from "vitest";
import { acquisition, arrival, claimed, complete, endOf, intake, member, plan } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

export function describeKnown(under: () => CatalogUnderTest): void {
	describe("what is known of a source", () => {
		it("are its units in their current version, and which of them have a result", async () => {
			const { catalog } = under();
			const [a, a2, run, dead] = [
				acquisition("a", "A"),
				acquisition("a", "A2"),
				acquisition("run", "", { kind: "folder", members: [member("run/1", "1"), member("run/2", "2")] }),
				acquisition("\udc80 dead", "D"),
			];
			await catalog.commitIntake(intake([a, a2, run, dead].map((each) => arrival(each))));
			await catalog.commitIntake(intake([arrival(acquisition("other", "A", { source: "other" }))]));
			const result = await complete(catalog, plan(run).id);
			await catalog.endAttempt(endOf(await claimed(catalog, plan(dead).id)));
			const known = await catalog.known("plates", ["a", "run", "\udc80 dead", "never", "other"]);
			expect([...known.keys()].sort()).toEqual(["a", "run", "\udc80 dead"]);
			expect(known.get("a")).toMatchObject({ members: a2.members });
			expect(known.get("a")?.analysed).toBeUndefined();
			expect(known.get("run")).toMatchObject({ members: run.members, analysed: result });
			expect(known.get("\udc80 dead")?.analysed).toBeUndefined();
			const [first] = await catalog.acquisitionsOf("plates", "a");
			expect(known.get("a")?.acquisition).toBe(first?.id);
		});

		it("have a result as well where it is one of a group that they are in", async () => {
			const { catalog } = under();
			const file = acquisition("a", "A");
			const group = acquisition("pair", "", { kind: "group", members: [member("a", "A"), member("b", "B")] });
			await catalog.commitIntake(intake([arrival(file, { plans: [], waits: true }), arrival(group)]));
			expect((await catalog.known("plates", ["a"])).get("a")?.analysed).toBeUndefined();
			const result = await complete(catalog, plan(group).id);
			expect((await catalog.known("plates", ["a", "pair"])).get("a")?.analysed).toBe(result);
			expect((await catalog.known("plates", ["pair"])).size).toBe(0);
		});

		it("is when the first of it changed, of what was written before a time", async () => {
			const { catalog } = under();
			expect([await catalog.isKnown("plates"), await catalog.firstTaken("plates")]).toEqual([false, undefined]);
			const times = (name: string, ctimeMs: number, mtimeMs: number) =>
				acquisition(name, name, {
					members: [{ ...member(name, name), ctimeNs: `${ctimeMs}999999`, mtimeNs: `${mtimeMs}000000` }],
				});
			const taken = [times("a", 3_000, 500), times("b", 2_000, 900), times("c", 1_700_000_000_000, 100)];
			await catalog.commitIntake(intake(taken.map((each) => arrival(each))));
			expect(await catalog.isKnown("plates")).toBe(true);
			expect(await catalog.firstTaken("plates")).toBe(2_000);
			expect(await catalog.firstTaken("plates", 600)).toBe(3_000);
			expect(await catalog.firstTaken("plates", 100)).toBeUndefined();
			expect(await catalog.firstTaken("other")).toBeUndefined();
		});
	});
}
