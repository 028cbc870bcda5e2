import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WatchedDirectory } from "#test/support/watched-directory.ts";

describe("a full scan", () => {
	let place: WatchedDirectory;
	beforeEach(() => {
		place = new WatchedDirectory();
	});
	afterEach(() => place.close());

	const write = (name: string) => writeFileSync(place.path(name), "1");
	const scans = () => place.events.filter((event) => event.event === "source.scanned");
	const changes = () => place.events.flatMap((event) => (event.event === "source.changed" ? [event.changes] : []));

	/** What a ledger with a defect does, or one that was damaged. */
	function ledgerForgets(name: string) {
		const connection = new DatabaseSync(join(dirname(place.root), "ledger.db"));
		connection.exec(`CREATE TRIGGER forgets AFTER INSERT ON entry WHEN NEW.name = CAST('${name}' AS BLOB)
			BEGIN DELETE FROM entry WHERE id = NEW.id; END`);
		connection.close();
	}

	it("tells how long it took, how it watches, and that every file is known: folders, what is ignored and what cannot be read as well", async () => {
		await place.restart({ exclude: ["*.log"] });
		mkdirSync(place.path("run/deep"), { recursive: true });
		for (const name of ["a.csv", "b.log", "run/c.csv", "run/deep/d.csv"]) write(name);
		await place.scan();
		expect(scans()).toHaveLength(2);
		expect(scans().at(-1)).toMatchObject({ source: "instrument", mode: "events", unaccounted: 0 });
		expect(Object.keys(place.states())).toHaveLength(4);
		// One by one where hints of them came while others were written down.
		expect(changes().reduce((sum, some) => sum + some, 0)).toBe(3);
		rmSync(place.path("run"), { recursive: true });
		await place.scan();
		expect(scans().at(-1)).toMatchObject({ unaccounted: 0 });
	});

	it("finds what the ledger does not keep, as long as it does not", async () => {
		ledgerForgets("lost.csv");
		write("a.csv");
		write("lost.csv");
		await place.source.start();
		expect(scans()).toMatchObject([{ unaccounted: 1 }]);
		await place.scan();
		expect(scans().at(-1)).toMatchObject({ unaccounted: 1 });
		rmSync(place.path("lost.csv"));
		await place.scan();
		expect(scans().at(-1)).toMatchObject({ unaccounted: 0 });
	});

	it("finds nothing missing where the numbers differ for another reason: a directory that is in quarantine", async () => {
		mkdirSync(place.path("run"));
		write("a.csv");
		place.ledger.observe("instrument", [
			{
				kind: "quarantined",
				path: "run",
				stat: { size: 0, mtimeNs: 1n, ctimeNs: 1n, inode: 1n },
				at: 1,
				reason: "the directory cannot be read: permission denied (EACCES)",
			},
		]);
		await place.source.start();
		expect(scans()).toMatchObject([{ unaccounted: 0 }]);
	});
});
