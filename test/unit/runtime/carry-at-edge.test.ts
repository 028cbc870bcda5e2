import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Conclusion } from "#core/ports/ledger.ts";
import type { OperationRow } from "#core/ports/operations.ts";
import { WakeUp } from "#core/wake-up.ts";
import type { OperationKind, Pause, Target } from "#domain/operation.ts";
import { carryAtEdge } from "#runtime/carry-at-edge.ts";
import { noteHeldBack } from "#runtime/held-back.ts";
import { sha256 } from "#test/support/acquisitions.ts";
import { ManualClock, settled } from "#test/support/manual-clock.ts";
import { Spine } from "#test/support/spine.ts";

const on: Target = { type: "file", name: "plates", path: "a.csv" };
const inQuarantine: Pause = { on, since: 1, by: "user:anna", why: undefined };
const stat = { size: 1, mtimeNs: 1_000_000n, ctimeNs: 1_000_000n, inode: 1n };

describe("quarantine and release, by the host that watches the source", () => {
	let spine: Spine;
	let clock: ManualClock;
	let held: Pause | undefined;
	beforeEach(async () => {
		spine = await Spine.open();
		clock = new ManualClock();
		held = undefined;
		const seen = { path: "a.csv", kind: "changed", stat, folder: undefined, at: 1, wakeAt: 2 } as const;
		spine.ledger.observe("plates", [seen]);
	});
	afterEach(() => spine.close());

	const entry = () => spine.ledger.find("plates", "a.csv");

	function conclude(rest: Partial<Conclusion>): void {
		const { id: unit, generation } = entry() ?? { id: 0, generation: 0 };
		spine.ledger.conclude([{ unit, generation, at: 5, ...rest } as Conclusion]);
	}

	function settle(): void {
		const members = [
			{ path: "a.csv", sha256: sha256("a"), size: 1, mtimeNs: "1000000", ctimeNs: "1000000", inode: "1" },
		];
		conclude({ state: "settled", members, event: "event of a" });
	}

	function carry(kind: OperationKind): Promise<string> {
		const { ledger } = spine;
		const paused = { file: () => held };
		const observed = new WakeUp();
		const carried = carryAtEdge({ sources: [], ledger, paused, underWay: new Set(), clock, observed });
		const row = { kind, target: on, requestedBy: "user:anna" } as OperationRow;
		return carried(row, { signal: new AbortController().signal, tell: async () => {} });
	}

	it("looks at what is released when this process has heard of it, and not before: its judge would refuse it", async () => {
		conclude({ state: "quarantined", reason: "by a person" });
		held = inQuarantine;
		const released = carry("release");
		await settled();
		expect(entry()?.state).toBe("quarantined");
		held = undefined;
		await clock.advance(100);
		expect(await released).toMatch(/is looked at again/);
		expect(entry()?.state).toBe("settling");
	});

	it("leaves in quarantine what was put there again meanwhile", async () => {
		conclude({ state: "quarantined", reason: "by a person" });
		held = inQuarantine;
		const released = carry("release");
		for (let i = 0; i < 60; i++) await clock.advance(100);
		expect(await released).toMatch(/was put into quarantine again/);
		expect(entry()?.state).toBe("quarantined");
	});

	it("says whether something of what goes into quarantine was published", async () => {
		held = inQuarantine;
		expect(await carry("quarantine")).toMatch(/it was not published/);
		settle();
		expect(await carry("quarantine")).toMatch(/what was taken in before stays/);
		settle();
		noteHeldBack(spine.ledger, "plates", { ...inQuarantine, since: 3 });
		expect(await carry("quarantine")).toMatch(/it was not published/);
	});
});
