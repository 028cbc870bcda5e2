import { mkdirSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { run } from "#app/up.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { transient } from "#core/errors.ts";
import { placesIn } from "#domain/places.ts";
import { noteWatchLease, watchLease } from "#domain/watched-elsewhere.ts";
import { expose } from "#observability/expose.ts";
import { workspace } from "#test/support/config-workspace.ts";
import { quietLevels } from "#test/support/quiet-levels.ts";

const configuration = `sources:
  plates: { watch: in }
  given: { watch: given }
pipelines:
  count: { from: plates, analysis: a.R }
`;

const away = transient("DATABASE_AWAY", "PostgreSQL does not answer");

it("while the catalog is away or hangs, files are counted on: all, but for sources that it said another host watches", async () => {
	const { load, makeDirectory, write } = workspace();
	makeDirectory("given");
	const loaded = await load(configuration);
	const { data } = loaded.settings;
	mkdirSync(data, { recursive: true });
	const lease = watchLease("given", "share");
	const ledger = new SqliteLedger(placesIn(data).ledger);
	const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
	write("in/plates.csv", "1");
	write("given/given.csv", "1");
	for (const source of ["plates", "given"]) {
		ledger.observe(source, [{ kind: "changed", path: `${source}.csv`, stat, folder: undefined, at: 1, wakeAt: 2 }]);
	}
	noteWatchLease(ledger, "given", { name: lease, token: 0 });
	ledger.close();

	const done = new AbortController();
	const counts: number[] = [];
	let text = async () => "";
	const ended = run(loaded, {
		roles: ["watch"],
		untilIdle: false,
		observe: (_health, metrics) => {
			text = async () => (await expose(metrics, undefined)).text;
			return () => {};
		},
		atWork: async ({ state: { catalog } }) => {
			const count = async () => {
				const seen = [...(await text()).matchAll(/^watchrabbit_files{source="\w+",state="\w+"} (\d+)$/gm)];
				counts.push(seen.reduce((sum, [, files]) => sum + Number(files), 0));
			};
			const asked = vi.spyOn(catalog, "leasesGiven");
			asked.mockRejectedValue(away);
			await count();
			asked.mockRestore();
			await catalog.lease(lease, "there", 60_000, Date.now());
			await count();
			vi.spyOn(catalog, "leasesGiven").mockRejectedValue(away);
			await count();
			vi.spyOn(catalog, "leasesGiven").mockReturnValue(new Promise(() => {}));
			await count();
			done.abort();
		},
		onEnding: () => {},
		levels: quietLevels(),
		done: done.signal,
	});
	expect(await ended).toBe(0);
	expect(counts).toEqual([2, 1, 1, 1]);
});
