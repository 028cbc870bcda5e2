import { mkdirSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { until, WatchedDirectory } from "#test/support/watched-directory.ts";

let place: WatchedDirectory;
afterEach(() => place.close());

const files = 20_000;

describe("a flood of events while the event loop is blocked", () => {
	it("loses events, is recognised by that, and the full scan that follows finds every file", async () => {
		place = new WatchedDirectory();
		mkdirSync(place.path("a"));
		mkdirSync(place.path("b"));
		await place.source.start();
		place.follow();
		// Synchronous on purpose: nobody reads inotify's queue of 16,384 events meanwhile.
		for (let i = 0; i < files; i++) writeFileSync(place.path("a", `${i}.csv`), "1");
		// The events of this one come after the queue was full: they are lost for certain.
		writeFileSync(place.path("b", "last.csv"), "1");
		await until("all are seen", () => place.ledger.counts().get("seen") === files + 1, 60_000);
		const troubles = place.events.flatMap((event) => (event.event === "source.trouble" ? [event.error.code] : []));
		expect(troubles).toContain("WATCH_FLOOD");
	});
});
