import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { systemClock } from "#core/clock.ts";
import { fault } from "#core/errors.ts";
import type { Conclusion } from "#core/ports/ledger.ts";
import type { InternalEvent } from "#domain/report.ts";
import { applyOutcomes } from "#runtime/outcomes.ts";
import { acquisition, arrival, complete, intake, plan } from "#test/support/acquisitions.ts";
import { Spine } from "#test/support/spine.ts";

/** A ledger that will never take a result of one unit. */
class RefusingLedger extends SqliteLedger {
	refused: number | undefined;

	override conclude(conclusions: readonly Conclusion[]): void {
		if (conclusions.some(({ unit, state }) => unit === this.refused && state === "analysed")) {
			throw fault("DATABASE_CONSTRAINT", "no such state");
		}
		super.conclude(conclusions);
	}
}

let spine: Spine;
let ledger: RefusingLedger;
beforeEach(async () => {
	spine = await Spine.open();
	ledger = new RefusingLedger(join(spine.path, "refusing.db"));
});
afterEach(async () => {
	ledger.close();
	await spine.close();
});

/** Seen, settled, taken in, and analysed. */
async function analysed(key: string): Promise<number> {
	const of = acquisition(key, key);
	const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
	ledger.observe("plates", [{ kind: "changed", path: key, stat, folder: undefined, at: 1, wakeAt: 2 }]);
	const { id, generation } = ledger.find("plates", key) as NonNullable<ReturnType<typeof ledger.find>>;
	const settled = { state: "settled" as const, at: 3, members: of.members, event: key };
	ledger.conclude([{ unit: id, generation, ...settled }]);
	await spine.catalog.commitIntake(intake([arrival(of)]));
	await complete(spine.catalog, plan(of).id);
	return id;
}

it("an outcome that the ledger will never take is told at its file, and holds up no others", async () => {
	for (const key of ["a", "b", "c"]) await analysed(key);
	ledger.refused = ledger.find("plates", "b")?.id;
	const told: InternalEvent[] = [];
	const context = {
		catalog: spine.catalog,
		ledger,
		roots: new Map([["plates", "/instruments"]]),
		scan: async () => {},
		clock: systemClock,
		report: (event: InternalEvent) => void told.push(event),
		signal: new AbortController().signal,
	};
	expect(await applyOutcomes(context)).toBe(3);
	expect(["a", "b", "c"].map((key) => ledger.find("plates", key)?.state)).toEqual([
		"analysed",
		"quarantined",
		"analysed",
	]);
	expect(told).toMatchObject([{ event: "unit.refused", path: "b", error: { message: "no such state" } }]);
	expect(await applyOutcomes(context)).toBe(0);
});
