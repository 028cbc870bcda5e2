import { mkdirSync, writeFileSync } from "node:fs";
import { until, WatchedDirectory } from "#test/support/watched-directory.ts";

/** Run by watch-limit.test.ts where few watches are allowed. Prints how the source goes on, and what it sees. */
const place = new WatchedDirectory();
const directories = Array.from({ length: 10 }, (_, i) => `d${i}`);
for (const directory of directories) mkdirSync(place.path(directory));
await place.source.start();
place.follow();
for (const directory of directories) writeFileSync(place.path(directory, "1.csv"), "1");
await until("all are seen", () => Object.keys(place.states()).length === directories.length);
const trouble = place.events.flatMap((event) =>
	event.event === "source.trouble"
		? [{ code: event.error.code, message: event.error.message, fix: event.error.fix }]
		: [],
);
console.log(JSON.stringify({ watching: place.source.watching, trouble, seen: Object.keys(place.states()).sort() }));
await place.close();
