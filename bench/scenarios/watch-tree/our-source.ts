import { FileSource } from "#connectors/file/source.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { systemClock } from "#core/clock.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { isolatedInput } from "../../harness.ts";
import { measureReady, type WatchInput } from "./ready.ts";

const { root, ledger = "" } = isolatedInput<WatchInput>();

const settings: SourceSettings = {
	name: "tree",
	watch: root,
	include: ["**/*.csv"],
	exclude: [],
	acquisition: "file",
	folders: [],
	group: undefined,
	complete: { quietMs: 2_000, marker: [], rename: [], footer: undefined, probe: "none", minBytes: 0 },
	archive: false,
	existing: "process",
	scanEveryMs: 60_000,
	mode: "auto",
	pollEveryMs: 2_000,
	kafka: undefined,
};

const done = measureReady();
const source = new FileSource({
	settings,
	ledger: new SqliteLedger(ledger),
	clock: systemClock,
	report: () => {},
	onObserved: () => {},
});
await source.start();
done();
