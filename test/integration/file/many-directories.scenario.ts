import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { checkSources } from "#cli/doctor/check-sources.ts";
import { noServices } from "#test/support/embedded.ts";
import { WatchedDirectory } from "#test/support/watched-directory.ts";

/** Run by many-directories.test.ts with a small stack. Prints what becomes of a run folder that holds so many directories. */
const count = Number(process.argv[2]);
const place = new WatchedDirectory({ acquisition: "folder" });
await place.source.start();

const aside = place.path("..", "aside");
for (let n = 0; n < count; n++) {
	mkdirSync(`${aside}/${n}`, { recursive: true });
	writeFileSync(`${aside}/${n}/1.csv`, "");
}
renameSync(aside, place.path("run"));
await place.source.scanDirectory("");
const seen = Object.keys(place.states()).length;
const verdict = await place.judge("run");

await place.restart();
const settings = place.source.settings;
const machine = {
	services: noServices,
	watchMode: async () => ({ mode: "events", why: "here" }) as const,
	findProgram: () => undefined,
};
const findings = await checkSources([settings], machine);
const told = findings.map(({ says }) => says).join("\n");
console.log(JSON.stringify({ seen, verdict: verdict.kind, seenAgain: Object.keys(place.states()).length, told }));
await place.close();
