import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Accounts } from "#connectors/file/accounts.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** Counts the files, and the numbers, that are asked for in each turn of the event loop. */
class WatchedLedger extends SqliteLedger {
	readonly turns: { files: number; numbers: number }[] = [];
	#isOver = true;

	override *filesIn(...of: Parameters<SqliteLedger["filesIn"]>) {
		for (const files of super.filesIn(...of)) {
			if (this.#isOver) {
				this.turns.push({ files: 0, numbers: 0 });
				this.#isOver = false;
				setImmediate(() => {
					this.#isOver = true;
				});
			}
			const turn = this.turns.at(-1) as { files: number; numbers: number };
			turn.files += files;
			turn.numbers += 1;
			yield files;
		}
	}
}

let directory: ReturnType<typeof temporaryDirectory>;
let ledger: WatchedLedger;
let accounts: Accounts;
beforeEach(() => {
	directory = temporaryDirectory();
	ledger = new WatchedLedger(join(directory.path, "ledger.db"));
	const again = async () => expect.unreachable("the numbers do not differ");
	accounts = new Accounts({ source: "plates", root: directory.path, ledger, again });
});
afterEach(() => {
	ledger.close();
	directory.remove();
});

const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
const observe = (paths: readonly string[]) =>
	ledger.observe(
		"plates",
		paths.map((path) => ({ kind: "changed", path, stat, folder: undefined, at: 1, wakeAt: 1 })),
	);
const most = (what: "files" | "numbers") => ledger.turns.reduce((largest, turn) => Math.max(largest, turn[what]), 0);

it("a directory of very many files is counted in parts, between which others have their turn", async () => {
	const files = 20_500;
	observe(Array.from({ length: files }, (_, i) => `run/${i}.csv`));
	accounts.saw("run", files);
	expect(await accounts.missing()).toBe(0);
	expect(ledger.turns.reduce((sum, turn) => sum + turn.files, 0)).toBe(files);
	expect(most("files")).toBeLessThanOrEqual(1_000);
});

it("so are very many directories", async () => {
	const runs = 500;
	observe(Array.from({ length: runs }, (_, i) => `run ${i}/a.csv`));
	for (let i = 0; i < runs; i++) accounts.saw(`run ${i}`, 1);
	expect(await accounts.missing()).toBe(0);
	expect(ledger.turns.reduce((sum, turn) => sum + turn.numbers, 0)).toBe(runs);
	expect(most("numbers")).toBe(1);
});
