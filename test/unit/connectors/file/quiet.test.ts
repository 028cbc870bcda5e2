import { describe, expect, it } from "vitest";
import { atRestSince } from "#connectors/file/quiet.ts";

const now = Date.parse("2026-11-21T10:00:00Z");
const stat = (changedAt: number, writtenAt = changedAt) => ({
	size: 1,
	inode: 1n,
	mtimeNs: BigInt(writtenAt) * 1_000_000n,
	ctimeNs: BigInt(changedAt) * 1_000_000n,
});

describe("since when a file is at rest", () => {
	it("is its change time, whatever date it was given", () => {
		const copied = stat(now - 500, Date.parse("1999-01-01"));
		expect(atRestSince(copied, now, now, false)).toBe(now - 500);
	});

	it("is rounded up, so that nothing is judged before its time", () => {
		const precise = { ...stat(now - 500), ctimeNs: BigInt(now - 500) * 1_000_000n + 1n };
		expect(atRestSince(precise, now, now, false)).toBe(now - 499);
	});

	it("is when it was noticed, if the change time is still to come", () => {
		expect(atRestSince(stat(now + 3_600_000), now - 10, now, false)).toBe(now - 10);
	});

	it("is when it was noticed, on a share whose server has a clock of its own", () => {
		expect(atRestSince(stat(now - 300_000), now, now, true)).toBe(now);
		expect(atRestSince(stat(now + 300_000), now, now, true)).toBe(now);
	});

	it("is the change time even there, if that is old by any clock", () => {
		expect(atRestSince(stat(now - 7_200_000), now, now, true)).toBe(now - 7_200_000);
	});
});
