import { getEventListeners } from "node:events";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { systemClock } from "#core/clock.ts";
import { permanent, transient } from "#core/errors.ts";
import type { InternalEvent } from "#domain/report.ts";
import { pause, persist } from "#runtime/persist.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { smallFileSystem } from "#test/support/small-file-system.ts";

function setting() {
	const told: InternalEvent[] = [];
	const controller = new AbortController();
	const clock = new ManualClock();
	const context = { clock, report: (event: InternalEvent) => void told.push(event), signal: controller.signal };
	return { told, controller, clock, context, names: () => told.map(({ event }) => event) };
}

describe("persisting", () => {
	it("tells once that a neighbour is away, of each further try, and once that it is back", async () => {
		const { context, clock, told } = setting();
		let failures = 5;
		const done = persist(
			"catalog",
			async () => {
				if (failures-- > 0) throw transient("AWAY", "no connection");
				return "done";
			},
			context,
		);
		await clock.advance(60_000);
		expect(await done).toBe("done");
		expect(told).toMatchObject([
			{ event: "neighbour.away", neighbour: "catalog", error: { code: "AWAY" } },
			{ event: "neighbour.retried", neighbour: "catalog", attempts: 2, error: { code: "AWAY" } },
			{ event: "neighbour.retried", attempts: 3 },
			{ event: "neighbour.retried", attempts: 4 },
			{ event: "neighbour.retried", attempts: 5 },
			{ event: "neighbour.back", neighbour: "catalog", attempts: 5 },
		]);
	});

	it("says nothing of what succeeds", async () => {
		const { context, told } = setting();
		await persist("catalog", () => 1, context);
		expect(told).toEqual([]);
	});

	it("does not wait for what will not pass", async () => {
		const { context } = setting();
		const task = () => {
			throw permanent("DATABASE_CORRUPT", "not a database");
		};
		await expect(persist("catalog", task, context)).rejects.toMatchObject({ code: "DATABASE_CORRUPT" });
	});

	it("tries once more when the process is ending, and then gives up; neither timer nor listener is left", async () => {
		const { context, clock, controller } = setting();
		let tries = 0;
		const task = () => {
			tries++;
			throw transient("AWAY", "no connection");
		};
		const waiting = persist("catalog", task, context);
		await clock.advance(0);
		controller.abort();
		await expect(waiting).rejects.toMatchObject({ code: "ENDING" });
		await expect(persist("catalog", task, context)).rejects.toMatchObject({ code: "AWAY" });
		expect([tries, clock.waiting, getEventListeners(controller.signal, "abort").length]).toEqual([2, 0, 0]);
	});

	const small = smallFileSystem(1);
	afterAll(() => {
		if (!("missing" in small)) small.remove();
	});
	const missing = "missing" in small ? small.missing : undefined;
	it.skipIf(missing !== undefined)(`waits a full disk out${missing === undefined ? "" : `: ${missing}`}`, async () => {
		if ("missing" in small) return;
		const { told, controller } = setting();
		const objects = new DirectoryObjectStore(join(small.path, "objects"));
		try {
			await objects.put("before", "1");
			small.fill();
			const report = (event: InternalEvent) => {
				told.push(event);
				if (event.event === "neighbour.away") small.makeRoom();
			};
			const context = { clock: systemClock, report, signal: controller.signal };
			await persist("object store", () => objects.put("large", "x".repeat(100_000)), context);
			expect(told).toMatchObject([
				{ event: "neighbour.away", error: { code: "DISK_FULL", class: "transient" } },
				{ event: "neighbour.back" },
			]);
			expect((await objects.head("large"))?.size).toBe(100_000);
		} finally {
			await objects.close();
		}
	});
});

describe("a pause", () => {
	it("ends at once when it is told to, before or while it waits", async () => {
		const { context, controller, clock } = setting();
		const waiting = pause(1_000, context);
		controller.abort();
		await expect(waiting).rejects.toMatchObject({ code: "ENDING" });
		await expect(pause(1_000, context)).rejects.toMatchObject({ code: "ENDING" });
		expect(clock.waiting).toBe(0);
	});
});
