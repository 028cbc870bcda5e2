import { describe, expect, it } from "vitest";
import type { Filter } from "#core/ports/catalog-rows.ts";
import {
	acquisition,
	arrival,
	claimed,
	complete,
	endOf,
	intake,
	member,
	plan,
	sha256,
	traceparent,
} from "#test/support/acquisitions.ts";
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
			expect(known.get("a")).toMatchObject({ members: a2.members, root: "/instruments" });
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

		it("is listed file by file, as it was taken in last", async () => {
			const { catalog } = under();
			const run = acquisition("run", "", { kind: "folder", members: [member("run/1", "1"), member("run/2", "2")] });
			const pair = acquisition("pair", "", { kind: "group", members: [member("a", "A2"), member("b", "B")] });
			const taken = [acquisition("a", "A"), acquisition("a", "A2"), run, acquisition("c", "C")];
			for (const [n, each] of taken.entries()) await catalog.commitIntake(intake([arrival(each)], { now: 1_000 + n }));
			await catalog.commitIntake(intake([arrival(pair)]));
			await complete(catalog, plan(pair).id);
			const list = async (filter: Filter, limit = 9) =>
				(await catalog.takenFiles({ limit, order: "asc", filter })).items.map(
					({ path, kind, state, sha256: digest }) => `${path} ${kind} ${state} ${digest.slice(0, 6)}`,
				);
			const short = (text: string) => sha256(text).slice(0, 6);
			const all = [
				`a file analysed ${short("A2")}`,
				`run/1 member settled ${short("1")}`,
				`run/2 member settled ${short("2")}`,
				`c file settled ${short("C")}`,
			];
			expect(await list({})).toEqual(all);
			expect(await list({ source: "plates", state: ["analysed", "ignored"] })).toEqual(all.slice(0, 1));
			expect([await list({ source: "other" }), await list({ state: [] })]).toEqual([[], []]);
			const first = await catalog.takenFiles({ limit: 2, order: "asc", filter: {} });
			const rest = { limit: 9, order: "asc" as const, cursor: first.next as string, filter: {} };
			expect((await catalog.takenFiles(rest)).items.map(({ path }) => path)).toEqual(["run/2", "c"]);
		});

		it("are the events that were taken in", async () => {
			const { catalog } = under();
			const event = (id: string) => ({ id, root: "/instruments", traceparent });
			const taken = [arrival(acquisition("a", "A"), { event: event("1") })];
			await catalog.commitIntake(intake([...taken, arrival(acquisition("a", "A"), { event: event("2") })]));
			expect(await catalog.arrived(["1", "2", "3"])).toEqual(new Set(["1", "2"]));
			expect(await catalog.arrived([])).toEqual(new Set());
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
