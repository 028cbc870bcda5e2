import { describe, expect, it } from "vitest";
import type { Arrival } from "#core/ports/catalog.ts";
import { acquisition, arrival, intake, plan } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

export function describeRooms(under: () => CatalogUnderTest): void {
	describe("what waits in rooms", () => {
		const member = arrival(acquisition("S1_R1", "A"), { plans: [], waits: true });
		const reason = "the group S1 is incomplete: R2 never came";

		it("can be read by key, also what went on from there", async () => {
			const { catalog } = under();
			const room = catalog.room("reads");
			const value = { acquisition: member.acquisition };
			const first = { key: "S1", id: "R1", value, since: 100, dueAt: 900 };
			await room.put(first);
			await room.put({ ...first, key: "S2" });
			expect(await catalog.waiting("reads", "S1")).toMatchObject([
				{ id: "R1", acquisition: { key: "S1_R1" }, since: 100, dueAt: 900, passed: false },
			]);
			await room.pass("S1", [first]);
			expect(await catalog.waiting("reads", "S1")).toMatchObject([{ id: "R1", passed: true }]);
			expect(await catalog.waiting("other", "S1")).toEqual([]);
		});

		it("departs in the transaction that makes the jobs of what it became part of, or stays", async () => {
			const { catalog } = under();
			const room = catalog.room("nightly");
			const ids = ["event-of-a", "event-of-b"];
			const [a, b] = ids.map((id) => ({
				key: "batch",
				id,
				value: { acquisition: member.acquisition },
				since: 1,
				dueAt: 900,
			}));
			if (a === undefined || b === undefined) throw new Error("two members");
			await room.put(a);
			await room.put(b);
			const whole = acquisition("nightly: batch 1", "AB");
			const departing = { departs: { room: "nightly", key: "batch", ids } };
			const broken = [{ ...plan(whole), priority: null as never }];
			await expect(catalog.commitIntake(intake([arrival(whole, { ...departing, plans: broken })]))).rejects.toThrow();
			expect(await catalog.waiting("nightly", "batch")).toHaveLength(2);
			await catalog.commitIntake(intake([arrival(whole, departing)]));
			expect(await catalog.waiting("nightly", "batch")).toEqual([]);
			expect([await room.put(a), await room.put(b)]).toEqual([undefined, undefined]);
		});

		it("enters in the transaction that takes it in, whole, once, and at any time", async () => {
			const { catalog } = under();
			const room = catalog.room<Pick<Arrival, "event" | "acquisition">>("elisa/analysis");
			const { event, acquisition: waits } = arrival(acquisition("a.csv", "A"));
			const arrived = { event, acquisition: waits, plans: [], waits: true as const, enters: ["elisa/analysis"] };
			await catalog.commitIntake(intake([arrived], { now: 1_000 }));
			await catalog.commitIntake(intake([arrived], { now: 2_000 }));
			const [[entry] = [], ...others] = await room.due(0, 9);
			expect(others).toEqual([]);
			expect(entry).toMatchObject({ key: event.id, id: event.id, since: 1_000 });
			expect(entry?.value).toEqual({ event, acquisition: waits });
			const departs = { room: "elisa/analysis", key: event.id, ids: [event.id] };
			await catalog.commitIntake(intake([{ ...arrived, enters: [], plans: [plan(waits)], departs }]));
			expect(await room.due(9_000, 9)).toEqual([]);
			expect(await catalog.pending()).toMatchObject({ jobs: 1, waiting: 0 });
		});

		it("is rejected once, with the reason in its history and for the edge", async () => {
			const { catalog } = under();
			const { acquisitions } = await catalog.commitIntake(intake([member]));
			const rejection = { events: [member.event.id, "unknown"], reason, now: 5_000 };
			expect(await catalog.reject(rejection)).toBe(true);
			expect(await catalog.reject({ ...rejection, now: 6_000 })).toBe(false);
			const history = await catalog.history(acquisitions[0]?.id ?? "");
			expect(history.filter(({ what }) => what === "rejected")).toMatchObject([{ at: 5_000, detail: reason }]);
			expect(await catalog.outcomes(0, 10)).toMatchObject([{ kind: "rejected", detail: reason, at: 5_000 }]);
		});

		it("is rejected for one pipeline alone, and still there for others", async () => {
			const { catalog } = under();
			const { acquisitions } = await catalog.commitIntake(intake([member]));
			const rejection = { events: [member.event.id], reason, pipeline: "screen", now: 5_000 };
			expect(await catalog.reject(rejection)).toBe(true);
			const history = await catalog.history(acquisitions[0]?.id ?? "");
			expect(history.at(-1)).toMatchObject({ what: "rejected", detail: `screen: ${reason}` });
			expect(await catalog.outcomes(0, 10)).toEqual([]);
		});
	});
}
