import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { SharedTransactions } from "#catalog/shared-transactions.ts";
import { permanent, transient } from "#core/errors.ts";

/** What was done, a list a call of the kind, a list of those a transaction that was committed. */
function bench() {
	const committed: string[][] = [];
	const shared = new SharedTransactions<string[]>(async (works) => {
		const done: string[] = [];
		await works(done);
		await setImmediate();
		committed.push(done);
	});
	const kind = (name: string) => async (done: string[], works: readonly string[]) => {
		for (const work of works) {
			if (work === "poison") throw permanent("POISON", "it cannot be written");
			if (work === "away") throw transient("AWAY", "there is no database");
		}
		done.push(`${name}: ${works.join(" ")}`);
		return works.map((work) => work.toUpperCase());
	};
	return { committed, shared, jobs: kind("jobs"), rooms: kind("rooms") };
}

describe("works that share transactions", () => {
	it("are done in one go with those of their kind that came while another was under way, and each has its value", async () => {
		const { committed, shared, jobs, rooms } = bench();
		const values = await Promise.all([
			shared.share(jobs, "a"),
			shared.share(jobs, "b"),
			shared.share(rooms, "r"),
			shared.share(jobs, "c"),
		]);
		expect(values).toEqual(["A", "B", "R", "C"]);
		expect(committed).toEqual([["jobs: a"], ["jobs: b c", "rooms: r"]]);
	});

	it("are tried alone when one of them fails, which alone fails", async () => {
		const { committed, shared, jobs } = bench();
		const works = ["a", "b", "poison", "c"].map((work) => shared.share(jobs, work));
		const ends = await Promise.allSettled(works);
		expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
		expect(committed).toEqual([["jobs: a"], ["jobs: b"], ["jobs: c"]]);
	});

	it("fail together when the database is away", async () => {
		const { committed, shared, jobs } = bench();
		const works = ["a", "b", "away", "c"].map((work) => shared.share(jobs, work));
		const ends = await Promise.allSettled(works);
		expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "rejected"]);
		expect(committed).toEqual([["jobs: a"]]);
	});
});
