import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { systemClock } from "#core/clock.ts";
import { fault, permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Conclusion } from "#core/ports/ledger.ts";
import type { InternalEvent } from "#domain/report.ts";
import { Conclusions } from "#runtime/conclusions.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** A ledger that counts its transactions, and refuses as often as it is told to. */
class CountingLedger extends SqliteLedger {
	transactions = 0;
	refusals: WatchRabbitError[] = [];
	/** What it will never take, with the state that it is asked to write. */
	poison: { readonly unit: number; readonly states: readonly string[] } | undefined;

	override conclude(conclusions: readonly Conclusion[]): void {
		const refusal = this.refusals.shift();
		if (refusal !== undefined) throw refusal;
		const { unit, states = [] } = this.poison ?? {};
		if (conclusions.some((one) => one.unit === unit && states.includes(one.state))) {
			throw fault("DATABASE_CONSTRAINT", "no such state");
		}
		this.transactions++;
		super.conclude(conclusions);
	}
}

/** Which one it is matters to who reads the log alone. */
const unit = { source: "plates", path: "a.csv" };

describe("conclusions", () => {
	const directory = { remove: () => {} };
	let ledger: CountingLedger;
	let broken: WatchRabbitError[];
	let told: InternalEvent[];
	let ending: AbortController;
	beforeEach(() => {
		const { path, remove } = temporaryDirectory();
		directory.remove = remove;
		ledger = new CountingLedger(join(path, "ledger.db"));
		broken = [];
		told = [];
		ending = new AbortController();
	});
	afterEach(() => {
		ledger.close();
		directory.remove();
	});

	const open = () =>
		new Conclusions(ledger, {
			clock: systemClock,
			report: (event) => void told.push(event),
			signal: ending.signal,
			onBroken: (error) => void broken.push(error),
		});

	/** Units that were seen; gives what is concluded of each. */
	function seen(count: number): Conclusion[] {
		const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
		const paths = Array.from({ length: count }, (_, i) => `f${i}`);
		ledger.observe(
			"plates",
			paths.map((path) => ({ kind: "changed", path, stat, folder: undefined, at: 1, wakeAt: 2 })),
		);
		return paths.map((path) => {
			const { id: unit, generation } = ledger.find("plates", path) as NonNullable<ReturnType<typeof ledger.find>>;
			return { unit, generation, state: "ignored", at: 3, reason: "the test says so" };
		});
	}

	it("share a transaction, and are told when it is durable", async () => {
		const conclusions = open();
		let written = 0;
		for (const conclusion of seen(100)) conclusions.add(unit, conclusion, () => written++);
		expect(written).toBe(0);
		await conclusions.flush();
		expect([written, ledger.transactions, ledger.counts().get("ignored")]).toEqual([100, 1, 100]);
	});

	it("wait out a full disk, and none is lost", async () => {
		ledger.refusals = [transient("DISK_FULL", "full"), transient("DISK_FULL", "full")];
		const conclusions = open();
		let written = 0;
		for (const conclusion of seen(3)) conclusions.add(unit, conclusion, () => written++);
		await conclusions.flush();
		expect([written, ledger.counts().get("ignored"), broken]).toEqual([3, 3, []]);
	});

	it("tell what waiting does not mend, and let the next ones through", async () => {
		ledger.refusals = [permanent("DATABASE_CORRUPT", "not a database", { unusable: true })];
		const conclusions = open();
		const [first, second] = seen(2) as [Conclusion, Conclusion];
		let written = 0;
		conclusions.add(unit, first, () => written++);
		await conclusions.flush();
		conclusions.add(unit, second, () => written++);
		await conclusions.flush();
		expect(broken).toMatchObject([{ code: "DATABASE_CORRUPT" }]);
		expect([written, ledger.counts().get("ignored")]).toEqual([2, 1]);
	});

	it("that the ledger will never take are quarantined with the reason, told, and hold up no others", async () => {
		const all = seen(5);
		const bad = all[2] as Conclusion;
		ledger.poison = { unit: bad.unit, states: ["ignored"] };
		const conclusions = open();
		let written = 0;
		for (const conclusion of all) conclusions.add(unit, conclusion, () => written++);
		await conclusions.flush();
		expect([written, ledger.counts().get("ignored"), ledger.counts().get("quarantined")]).toEqual([5, 4, 1]);
		expect(ledger.find("plates", "f2")).toMatchObject({ state: "quarantined", reason: "no such state" });
		expect(told).toMatchObject([{ event: "unit.refused", path: "a.csv", error: { code: "DATABASE_CONSTRAINT" } }]);
		expect(broken).toEqual([]);
	});

	it("tell that the ledger is broken when it takes not even a quarantine", async () => {
		const [bad] = seen(1) as [Conclusion];
		ledger.poison = { unit: bad.unit, states: ["ignored", "quarantined"] };
		const conclusions = open();
		conclusions.add(unit, bad, () => {});
		await conclusions.flush();
		expect(broken).toMatchObject([{ code: "DATABASE_CONSTRAINT" }]);
	});

	it("hold up no end", async () => {
		ledger.refusals = Array.from({ length: 1_000 }, () => transient("DISK_FULL", "full"));
		const conclusions = open();
		for (const conclusion of seen(1)) conclusions.add(unit, conclusion, () => {});
		const flushed = conclusions.flush();
		ending.abort();
		await flushed;
		expect(broken).toEqual([]);
	});
});
