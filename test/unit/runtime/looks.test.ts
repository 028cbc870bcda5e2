import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { permanent, transient } from "#core/errors.ts";
import type { InternalEvent } from "#domain/report.ts";
import { Looks, type Neighbour } from "#runtime/looks.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

describe("looking at neighbours", () => {
	let clock: ManualClock;
	let told: InternalEvent[];
	let looks: Looks;
	beforeEach(() => {
		clock = new ManualClock();
		told = [];
	});
	afterEach(() => looks.stop());

	function lookAt(...neighbours: Neighbour[]): void {
		const onBroken = (error: unknown) => expect(error).toBeUndefined();
		looks = new Looks(neighbours, { clock, report: (event) => void told.push(event), onBroken });
		looks.start();
	}
	const events = () => told.map(({ event }) => event);

	it("tells every 15 s that each answers, and how long it took", async () => {
		const slow = () => new Promise<string>((resolve) => clock.after(40, () => resolve("a slow one")));
		lookAt({ name: "catalog", look: slow }, { name: "objects", look: async () => "a fast one" });
		await clock.advance(15_000);
		const seen = (neighbour: string) => told.filter((event) => "neighbour" in event && event.neighbour === neighbour);
		expect(seen("catalog")).toEqual([
			{ event: "neighbour.looked", neighbour: "catalog", detail: "a slow one", seconds: 0.04 },
		]);
		expect(seen("objects")).toHaveLength(2);
	});

	it("goes on looking at one that is away, whatever the reason, and tells that it is back", async () => {
		const answers = [permanent("REFUSED", "no such user"), transient("AWAY", "nobody"), "here"];
		const look = async () => {
			const answer = answers.shift() ?? "here";
			if (typeof answer !== "string") throw answer;
			return answer;
		};
		lookAt({ name: "catalog", look });
		await clock.advance(1_000);
		expect(told).toMatchObject([
			{ event: "neighbour.away", byLook: true, error: { code: "REFUSED", message: "no such user" } },
			{ event: "neighbour.retried", attempts: 2, error: { code: "AWAY" } },
			{ event: "neighbour.back", attempts: 2 },
			{ event: "neighbour.looked", detail: "here" },
		]);
	});

	it("takes one that does not answer for away, and never asks one that holds a thread twice at a time", async () => {
		let asked = 0;
		let answer = (_: string) => {};
		const hangs = () => {
			asked++;
			if (asked > 1) return Promise.resolve("here");
			return new Promise<string>((resolve) => {
				answer = resolve;
			});
		};
		lookAt({ name: "share", look: hangs, holdsThread: true });
		await clock.advance(90_000);
		expect(asked).toBe(1);
		expect(told[0]).toMatchObject({ event: "neighbour.away", error: { code: "NEIGHBOUR_SLOW" } });
		expect(events().filter((event) => event === "neighbour.retried").length).toBeGreaterThan(3);
		answer("at last");
		await clock.advance(10_000);
		expect(events().slice(-2)).toEqual(["neighbour.back", "neighbour.looked"]);
	});

	it("asks again after a minute where an answer never came: it was of a connection that is no more", async () => {
		let asked = 0;
		const look = () => (asked++ === 0 ? new Promise<string>(() => {}) : Promise.resolve("here"));
		lookAt({ name: "event log", look });
		await clock.advance(55_000);
		expect([asked, events()]).toEqual([1, expect.not.arrayContaining(["neighbour.looked"])]);
		await clock.advance(15_000);
		expect(asked).toBeGreaterThan(1);
		expect(events()).toContain("neighbour.looked");
	});

	it("leaves it to one that tells of itself to say that it is away", async () => {
		let away = true;
		const look = async () => {
			if (away) throw transient("CACHE_AWAY", "nobody");
			return "Redis";
		};
		lookAt({ name: "cache", look, tellsItself: true });
		await clock.advance(30_000);
		expect(told).toEqual([]);
		away = false;
		await clock.advance(5_000);
		expect(events()).toEqual(["neighbour.looked"]);
	});

	it("ends at once, also while one hangs", async () => {
		lookAt({ name: "share", look: () => new Promise<string>(() => {}) });
		await clock.advance(100);
		await looks.stop();
		expect(clock.waiting).toBe(0);
	});
});
