import { beforeEach, describe, expect, it } from "vitest";
import type { ClaimedJob } from "#core/ports/catalog.ts";
import type { Progress } from "#domain/job.ts";
import type { InternalEvent } from "#domain/report.ts";
import { RunNotes } from "#runtime/run-notes.ts";
import { acquisition, plan, traceparent } from "#test/support/acquisitions.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const plate = acquisition("a", "A");
const job: ClaimedJob = {
	id: plan(plate).id,
	token: 3,
	attempt: 1,
	queuedAt: 0,
	promised: true,
	plan: plan(plate),
	inputs: [{ acquisition: { ...plate, id: "a1" }, root: "/instruments" }],
	traceparent,
};

describe("what the catalog is told of a run while it goes on", () => {
	let clock: ManualClock;
	let began: number;
	let told: Progress[];
	let reported: InternalEvent[];
	let broken: boolean;
	let notes: RunNotes;

	beforeEach(() => {
		clock = new ManualClock(0);
		began = 0;
		told = [];
		reported = [];
		broken = false;
		const catalog = {
			began: async () => {
				began += 1;
			},
			progressed: async (_id: string, _token: number, progress: Progress) => {
				if (broken) throw new Error("the catalog is away");
				told.push(progress);
			},
		} as unknown as ConstructorParameters<typeof RunNotes>[2]["catalog"];
		notes = new RunNotes(job, "default", { catalog, clock, report: (event) => reported.push(event) });
	});

	it("is that it began, if it lasts", async () => {
		notes.begins();
		await clock.advance(99);
		expect(began).toBe(0);
		await clock.advance(1);
		await notes.end();
		expect(began).toBe(1);
	});

	it("is nothing, if it does not", async () => {
		notes.begins();
		await notes.end();
		await clock.advance(1_000);
		expect({ began, waiting: clock.waiting }).toEqual({ began: 0, waiting: 0 });
	});

	it("is its progress, the first at once, then the newest of each second, however often it says so", async () => {
		for (let i = 0; i <= 1_000; i++) {
			notes.progresses(i / 1_000, `${i}`);
			await clock.advance(2);
		}
		await clock.advance(5_000);
		notes.progresses(1, "done");
		await notes.end();
		expect(told.map(({ message, at }) => [message, at])).toEqual([
			["0", 0],
			["499", 998],
			["999", 1_998],
			["1000", 2_000],
			["done", 7_002],
		]);
		expect(reported.map((event) => event.event === "job.progress" && event.message)).toEqual(
			told.map(({ message }) => message),
		);
		expect(clock.waiting).toBe(0);
	});

	it("is told again after the catalog was away", async () => {
		broken = true;
		notes.progresses(0.1, "lost");
		await clock.advance(1_000);
		broken = false;
		notes.progresses(0.2, "kept");
		await notes.end();
		expect(told).toMatchObject([{ message: "kept" }]);
	});
});
