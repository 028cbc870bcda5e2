import { describe, expect, it } from "vitest";
import { intake } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

const log = "watchrabbit.files";

export function describeLogs(under: () => CatalogUnderTest): void {
	describe("the position in a log", () => {
		it("is the last one that was committed, with its mark; none without one", async () => {
			const { catalog } = under();
			expect(await catalog.position(log)).toBeUndefined();
			await catalog.commitIntake(intake([], { offset: 0 }));
			expect(await catalog.position(log)).toBeUndefined();
			await catalog.commitIntake(intake([], { offset: 7, mark: "seven" }));
			await catalog.commitIntake(intake([], { offset: 4, mark: "four" }));
			expect(await catalog.position(log)).toEqual({ offset: 7, mark: "seven" });
			expect(await catalog.position("watchrabbit.files.1")).toBeUndefined();
		});

		it("is nowhere once the log is begun, which is counted for the edges", async () => {
			const { catalog } = under();
			expect(await catalog.logsBegun()).toEqual(new Map());
			await catalog.beginLog(log, 1);
			await catalog.commitIntake(intake([], { offset: 7, mark: "seven" }));
			expect(await catalog.logsBegun()).toEqual(new Map([[log, 1]]));
			await catalog.beginLog(log, 2);
			expect([await catalog.position(log), await catalog.offset(log)]).toEqual([undefined, undefined]);
			expect(await catalog.logsBegun()).toEqual(new Map([[log, 2]]));
			await catalog.commitIntake(intake([], { offset: 0, mark: "zero" }));
			expect(await catalog.position(log)).toEqual({ offset: 0, mark: "zero" });
		});

		it("is left alone by who lost the lease", async () => {
			const { catalog } = under();
			const token = (await catalog.lease("flow/0", "host-1", 1_000, 100)) as number;
			await catalog.commitIntake(intake([], { offset: 7, mark: "seven" }));
			await catalog.lease("flow/0", "host-2", 1_000, 5_000);
			const lost = catalog.beginLog(log, 6_000, { name: "flow/0", token });
			await expect(lost).rejects.toMatchObject({ code: "LEASE_LOST" });
			expect(await catalog.position(log)).toEqual({ offset: 7, mark: "seven" });
		});
	});
}
