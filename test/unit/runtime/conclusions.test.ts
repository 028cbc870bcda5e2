import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { systemClock } from "#core/clock.ts";
import { permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Conclusion } from "#core/ports/ledger.ts";
import { Conclusions } from "#runtime/conclusions.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** A ledger that counts its transactions, and refuses as often as it is told to. */
class CountingLedger extends SqliteLedger {
	transactions = 0;
	refusals: WatchRabbitError[] = [];

	override conclude(conclusions: readonly Conclusion[]): void {
		const refusal = this.refusals.shift();
		if (refusal !== undefined) throw refusal;
		this.transactions++;
		super.conclude(conclusions);
	}
}

describe("conclusions", () => {
	const directory = { remove: () => {} };
	let ledger: CountingLedger;
	let broken: WatchRabbitError[];
	let ending: AbortController;
	beforeEach(() => {
		const { path, remove } = temporaryDirectory();
		directory.remove = remove;
		ledger = new CountingLedger(join(path, "ledger.db"));
		broken = [];
		ending = new AbortController();
	});
	afterEach(() => {
		ledger.close();
		directory.remove();
	});

	const open = () =>
		new Conclusions(ledger, {
			clock: systemClock,
			report: () => {},
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
		for (const conclusion of seen(100)) conclusions.add(conclusion, () => written++);
		expect(written).toBe(0);
		await conclusions.flush();
		expect([written, ledger.transactions, ledger.counts().get("ignored")]).toEqual([100, 1, 100]);
	});

	it("wait out a full disk, and none is lost", async () => {
		ledger.refusals = [transient("DISK_FULL", "full"), transient("DISK_FULL", "full")];
		const conclusions = open();
		let written = 0;
		for (const conclusion of seen(3)) conclusions.add(conclusion, () => written++);
		await conclusions.flush();
		expect([written, ledger.counts().get("ignored"), broken]).toEqual([3, 3, []]);
	});

	it("tell what waiting does not mend, and let the next ones through", async () => {
		ledger.refusals = [permanent("DATABASE_CORRUPT", "not a database")];
		const conclusions = open();
		const [first, second] = seen(2) as [Conclusion, Conclusion];
		let written = 0;
		conclusions.add(first, () => written++);
		await conclusions.flush();
		conclusions.add(second, () => written++);
		await conclusions.flush();
		expect(broken).toMatchObject([{ code: "DATABASE_CORRUPT" }]);
		expect([written, ledger.counts().get("ignored")]).toEqual([2, 1]);
	});

	it("hold up no end", async () => {
		ledger.refusals = Array.from({ length: 1_000 }, () => transient("DISK_FULL", "full"));
		const conclusions = open();
		for (const conclusion of seen(1)) conclusions.add(conclusion, () => {});
		const flushed = conclusions.flush();
		ending.abort();
		await flushed;
		expect(broken).toEqual([]);
	});
});
