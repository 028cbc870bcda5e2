import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { systemClock } from "#core/clock.ts";
import { fault } from "#core/errors.ts";
import type { Conclusion } from "#core/ports/ledger.ts";
import type { Pause } from "#domain/operation.ts";
import type { InternalEvent } from "#domain/report.ts";
import { applyOutcomes, type OutcomesContext } from "#runtime/outcomes.ts";
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
let standsBy: boolean;
let held: Map<string, Pause>;
beforeEach(async () => {
	held = new Map();
	standsBy = false;
	spine = await Spine.open();
	ledger = new RefusingLedger(join(spine.path, "refusing.db"));
});
afterEach(async () => {
	ledger.close();
	await spine.close();
});

function seen(key: string, inode = 1n): void {
	const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode };
	ledger.observe("plates", [{ kind: "changed", path: key, stat, folder: undefined, at: 1, wakeAt: 2 }]);
}

function settled(key: string): void {
	const { id, generation } = ledger.find("plates", key) as NonNullable<ReturnType<typeof ledger.find>>;
	const { members } = acquisition(key, key);
	ledger.conclude([{ unit: id, generation, state: "settled", at: 3, members, event: key }]);
}

/** Taken in by the catalog, and analysed. */
async function analysed(key: string): Promise<void> {
	const of = acquisition(key, key);
	await spine.catalog.commitIntake(intake([arrival(of)]));
	await complete(spine.catalog, plan(of).id);
}

const stateOf = (key: string) => ledger.find("plates", key)?.state;

function contextTelling(told: InternalEvent[]): OutcomesContext {
	return {
		catalog: spine.catalog,
		ledger,
		roots: new Map([["plates", "/instruments"]]),
		standsBy: () => standsBy,
		scan: async () => {},
		paused: { file: (_, path) => held.get(path) },
		clock: systemClock,
		report: (event: InternalEvent) => void told.push(event),
		signal: new AbortController().signal,
	};
}

it("an outcome of what a person put into quarantine meanwhile leaves it there", async () => {
	for (const key of ["a", "b"]) {
		seen(key);
		settled(key);
	}
	const { id: unit, generation } = ledger.find("plates", "a") as NonNullable<ReturnType<typeof ledger.find>>;
	ledger.conclude([{ unit, generation, state: "quarantined", at: 4, reason: "by a person" }]);
	held.set("a", { on: { type: "file", name: "plates", path: "a" }, since: 4, by: "user:anna", why: undefined });
	for (const key of ["a", "b"]) await analysed(key);
	await applyOutcomes(contextTelling([]));
	expect(["a", "b"].map(stateOf)).toEqual(["quarantined", "analysed"]);
});

it("an outcome that the ledger will never take is told at its file, and holds up no others", async () => {
	for (const key of ["a", "b", "c"]) {
		seen(key);
		settled(key);
		await analysed(key);
	}
	ledger.refused = ledger.find("plates", "b")?.id;
	const told: InternalEvent[] = [];
	const context = contextTelling(told);
	expect(await applyOutcomes(context)).toBe(3);
	expect(["a", "b", "c"].map(stateOf)).toEqual(["analysed", "quarantined", "analysed"]);
	expect(told).toMatchObject([{ event: "unit.refused", path: "b", error: { message: "no such state" } }]);
	expect(await applyOutcomes(context)).toBe(0);
});

it("an outcome that is there before the ledger knows that its file settled waits for that, also over a restart", async () => {
	for (const key of ["early", "later"]) seen(key);
	await analysed("early");
	await analysed("later");
	settled("later");
	expect(await applyOutcomes(contextTelling([]))).toBe(2);
	expect(["early", "later"].map(stateOf)).toEqual(["seen", "analysed"]);
	settled("early");
	await applyOutcomes(contextTelling([]));
	expect(stateOf("early")).toBe("analysed");
});

it("an outcome of what another process watches is not waited for", async () => {
	seen("theirs");
	await analysed("theirs");
	standsBy = true;
	expect(await applyOutcomes(contextTelling([]))).toBe(1);
	standsBy = false;
	settled("theirs");
	await applyOutcomes(contextTelling([]));
	expect(stateOf("theirs")).toBe("settled");
});

it("an outcome of what a file held before it changed waits for nothing", async () => {
	seen("replaced", 2n);
	await analysed("replaced");
	expect(await applyOutcomes(contextTelling([]))).toBe(1);
	settled("replaced");
	await applyOutcomes(contextTelling([]));
	expect(stateOf("replaced")).toBe("settled");
});
