import { describe, expect, it } from "vitest";
import { SingleFlight } from "#core/single-flight.ts";

function held() {
	const { promise, resolve, reject } = Promise.withResolvers<string>();
	return { work: () => promise, land: resolve, crash: reject };
}

describe("single flight", () => {
	it("does the work of a key once for all who ask while it is under way, and anew for the next", async () => {
		const flights = new SingleFlight<string>();
		const first = held();
		const asked = [flights.join("a", first.work), flights.join("a", async () => "another")];
		first.land("1");
		expect(await Promise.all(asked)).toEqual(["1", "1"]);
		expect(await flights.join("a", async () => "2")).toBe("2");
	});

	it("keeps keys apart", async () => {
		const flights = new SingleFlight<string>();
		expect(await Promise.all(["a", "b"].map((key) => flights.join(key, async () => key)))).toEqual(["a", "b"]);
	});

	it("shares a failure, and forgets it", async () => {
		const flights = new SingleFlight<string>();
		const first = held();
		const asked = [flights.join("a", first.work), flights.join("a", first.work)];
		first.crash(new Error("away"));
		for (const answer of await Promise.allSettled(asked)) expect(answer).toMatchObject({ reason: { message: "away" } });
		expect(await flights.join("a", async () => "2")).toBe("2");
	});

	it("begins new work for who asks after a prefix is out of date, and tells the old work", async () => {
		const flights = new SingleFlight<string>();
		const old = held();
		const told: boolean[] = [];
		const asked = flights.join("jobs/1", async (flight) => {
			const value = await old.work();
			told.push(flight.outdated);
			return value;
		});
		flights.outdate("jobs/");
		const fresh = held();
		const askedLater = flights.join("jobs/1", fresh.work);
		old.land("old");
		expect(await asked).toBe("old");
		expect(told).toEqual([true]);
		const joined = flights.join("jobs/1", async () => "never");
		fresh.land("new");
		expect(await Promise.all([askedLater, joined])).toEqual(["new", "new"]);
	});
});
