import { describe, expect, it } from "vitest";
import { SharedTransactions } from "#catalog/shared-transactions.ts";
import { permanent, transient } from "#core/errors.ts";

/** What was done, a list a call of the kind, a list of those a transaction that was committed. */
function bench() {
	const committed: string[][] = [];
	const { promise: written, resolve: flush } = Promise.withResolvers<void>();
	const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
	const shared = new SharedTransactions<string[]>(async (works) => {
		const done: string[] = [];
		await works(done);
		begin();
		await written;
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
	return { committed, begun, shared, flush, jobs: kind("jobs"), rooms: kind("rooms") };
}

describe("works that share transactions", () => {
	it("are done in one go with those of their kind that came with them, and each has its value", async () => {
		const { committed, shared, flush, jobs, rooms } = bench();
		flush();
		const works = [shared.share(jobs, "a"), shared.share(rooms, "r"), shared.share(jobs, "b")];
		expect(await Promise.all(works)).toEqual(["A", "R", "B"]);
		expect(committed).toEqual([["jobs: a b", "rooms: r"]]);
	});

	it("wait for those that are under way, and go together then", async () => {
		const { committed, begun, shared, flush, jobs } = bench();
		const first = shared.share(jobs, "a");
		await begun;
		const others = [shared.share(jobs, "b"), shared.share(jobs, "c")];
		flush();
		await Promise.all([first, ...others]);
		expect(committed).toEqual([["jobs: a"], ["jobs: b c"]]);
	});

	it("are tried alone when one of them fails, which alone fails", async () => {
		const { committed, shared, flush, jobs } = bench();
		flush();
		const works = ["a", "b", "poison", "c"].map((work) => shared.share(jobs, work));
		const ends = await Promise.allSettled(works);
		expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
		expect(committed).toEqual([["jobs: a"], ["jobs: b"], ["jobs: c"]]);
	});

	it("fail together when the database is away", async () => {
		const { committed, shared, flush, jobs } = bench();
		flush();
		const works = ["a", "b", "away", "c"].map((work) => shared.share(jobs, work));
		const ends = await Promise.allSettled(works);
		expect(ends.map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
		expect(committed).toEqual([]);
	});
});
