import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { look, type Seen } from "#connectors/file/listing.ts";
import { pathFromBytes } from "#domain/path.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
	directory = temporaryDirectory();
});
afterEach(() => directory.remove());

const told = (seen: Seen) =>
	seen instanceof Error ? seen.code : { mode: seen.mode, size: seen.size, ctimeNs: seen.ctimeNs, ino: seen.ino };

it("a look at what is local is the same as one through the pool of threads", async () => {
	const bytes = pathFromBytes(Buffer.from("bad\xff", "latin1"));
	writeFileSync(join(directory.path, "file"), "content");
	writeFileSync(Buffer.from(`${directory.path}/bad\xff`, "latin1"), "");
	mkdirSync(join(directory.path, "directory"));
	symlinkSync("nowhere", join(directory.path, "link"));
	const paths = ["file", bytes, "directory", "link", "absent", "file/below"];
	const [byItself, pooled] = [await look(directory.path, paths, true), await look(directory.path, paths)];
	expect(byItself.map(told)).toEqual(pooled.map(told));
	expect(byItself.map(told).slice(4)).toEqual(["ENOENT", "ENOTDIR"]);
	expect(await look(directory.path, [], true)).toEqual([]);
});

it("others have their turn of the event loop before it is told, so that a directory of many parts keeps nobody waiting", async () => {
	let turned = false;
	setImmediate(() => {
		turned = true;
	});
	await look(directory.path, ["."], true);
	expect(turned).toBe(true);
});
