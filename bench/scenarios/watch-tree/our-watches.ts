import { readdirSync } from "node:fs";
import { EventWatcher } from "#connectors/file/event-watcher.ts";
import { joinPath } from "#connectors/file/watcher.ts";
import { isolatedInput } from "../../harness.ts";
import { measureReady, type WatchInput } from "./ready.ts";

/** One fs.watch a directory over a walk of our own, and nothing else. */
const { root } = isolatedInput<WatchInput>();
const done = measureReady();
const watcher = new EventWatcher(root, { hint: () => {}, lost: () => {} });
const open = [""];
for (let next = open.pop(); next !== undefined; next = open.pop()) {
	watcher.add(next);
	for (const entry of readdirSync(joinPath(root, next), { withFileTypes: true })) {
		if (entry.isDirectory()) open.push(joinPath(next, entry.name));
	}
}
done();
