import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileSource } from "#connectors/file/source.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { systemClock } from "#core/clock.ts";
import type { Observation } from "#core/ports/ledger.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { sourceSettings, until } from "#test/support/watched-directory.ts";

/** Counts what is read of it, and in which turn of the event loop it is written to. */
class WatchedLedger extends SqliteLedger {
	directoriesRead = 0;
	readonly writtenIn: number[] = [];
	#turn = 0;

	override *directories(...of: Parameters<SqliteLedger["directories"]>) {
		for (const directory of super.directories(...of)) {
			this.directoriesRead++;
			yield directory;
		}
	}

	override observe(source: string, changes: readonly Observation[]): void {
		if (this.writtenIn.at(-1) !== this.#turn) setImmediate(() => this.#turn++);
		this.writtenIn.push(this.#turn);
		super.observe(source, changes);
	}
}

describe("when very many directories vanish at once", () => {
	const runs = 600;
	const filesEach = 5;
	let directory: ReturnType<typeof temporaryDirectory>;
	let ledger: WatchedLedger;
	let source: FileSource;

	const path = (...names: string[]) => join(directory.path, ...names);
	const startSource = async () => {
		ledger = new WatchedLedger(path("ledger.db"));
		const settings = sourceSettings(path("watched"));
		source = new FileSource({ settings, ledger, clock: systemClock, report: () => {}, onObserved: () => {} });
		await source.start();
	};
	const endSource = async () => {
		await source.close();
		ledger.close();
	};

	beforeEach(async () => {
		directory = temporaryDirectory();
		for (let run = 0; run < runs; run++) {
			mkdirSync(path("watched", "year", `${run}`, "deep"), { recursive: true });
			for (let n = 0; n < filesEach; n++) writeFileSync(path("watched", "year", `${run}`, "deep", `${n}.csv`), "");
		}
		mkdirSync(path("watched", "year-2"));
		writeFileSync(path("watched", "year-2", "stays.csv"), "");
		await startSource();
		ledger.directoriesRead = 0;
		ledger.writtenIn.length = 0;
	});

	afterEach(async () => {
		await endSource();
		directory.remove();
	});

	const there = () => [...ledger.entries("instrument")].filter(({ goneAt }) => goneAt === undefined);

	function expectForgotten(): void {
		expect(there().map((entry) => entry.path)).toEqual(["year-2/stays.csv"]);
		expect(ledger.directoriesRead, "each directory of the ledger is read a few times at most").toBeLessThan(3 * runs);
		expect(ledger.writtenIn.length).toBeGreaterThan(1);
		expect(new Set(ledger.writtenIn).size, "others have their turn between two writes").toBe(ledger.writtenIn.length);
	}

	it("with the one that they lay in, all is forgotten, in time that grows with their number alone", async () => {
		renameSync(path("watched", "year"), path("aside"));
		await source.scanDirectory("");
		expectForgotten();
	});

	it("with one whose name another directory took, the same is true", async () => {
		const hints: string[] = [];
		source.hints$.subscribe((hint) => hints.push(hint));
		renameSync(path("watched", "year"), path("aside"));
		mkdirSync(path("watched", "year"));
		await until("it is noticed", () => hints.includes(""));
		await source.scanDirectory("");
		expectForgotten();
	});

	it("while nobody watched, the same is true", async () => {
		renameSync(path("watched", "year"), path("aside"));
		await endSource();
		await startSource();
		expectForgotten();
	});
});
