import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { displayPath, type PathString, pathFromBytes } from "#domain/path.ts";
import { until, WatchedDirectory } from "#test/support/watched-directory.ts";

let place: WatchedDirectory;
beforeEach(() => {
	place = new WatchedDirectory();
});
afterEach(() => place.close());

const bytes = (...parts: (string | number[])[]) =>
	Buffer.concat([Buffer.from(`${place.root}/`), ...parts.map((part) => Buffer.from(part as string))]);
const isRoot = process.getuid?.() === 0;

describe("names are bytes", () => {
	const names: readonly (readonly [string, (string | number[])[]])[] = [
		["that are not UTF-8", ["plate", [0xff, 0xfe], ".csv"]],
		["in Latin-1", ["Gr", [0xf6], [0xdf], "e.csv"]],
		["with a newline", ["plate\n1.csv"]],
		["with quotes, a backslash and a tab", [`"plate\\ '1'\t.csv`]],
		["that end in a space", ["plate.csv "]],
		["of 255 bytes", ["é".repeat(127), "x"]],
		["like a property of every object", ["__proto__"]],
	];

	it.each(names)("%s: seen at start, judged, and seen to go", async (_what, parts) => {
		writeFileSync(bytes(...parts), "content");
		await place.source.start();
		const [path] = Object.keys(place.states()) as [PathString];
		expect(path).toBe(pathFromBytes(Buffer.concat(parts.map((part) => Buffer.from(part as string)))));
		expect(await place.settle(path)).toMatchObject({
			kind: "complete",
			value: { acquisition: { key: path, members: [{ path, size: 7 }] } },
		});
		rmSync(bytes(...parts));
		await place.scan();
		expect(place.find(path)?.goneAt).toBeDefined();
	});

	it.each(names)("%s: seen by its event", async (_what, parts) => {
		await place.source.start();
		place.follow();
		writeFileSync(bytes(...parts), "content");
		await until("it is seen", () => Object.keys(place.states()).length === 1);
	});

	it("of directories too: what is in them is watched", async () => {
		await place.source.start();
		place.follow();
		mkdirSync(bytes("run", [0xff]));
		writeFileSync(bytes("run", [0xff], "/1.csv"), "1");
		await until("its file is seen", () => place.find("run\udcff/1.csv") !== undefined);
		writeFileSync(bytes("run", [0xff], "/2.csv"), "2");
		await until("the next one as well", () => place.find("run\udcff/2.csv") !== undefined);
		expect(displayPath("run\udcff/2.csv")).toBe("run\\xff/2.csv");
	});
});

describe("what is no regular file is ignored, and says why", () => {
	it("a named pipe, which blocks nobody", async () => {
		execFileSync("mkfifo", [place.path("pipe")]);
		await place.source.start();
		expect(place.states()).toEqual({ pipe: "ignored: named pipe (FIFO): only regular files are taken" });
	});

	it("a socket", async () => {
		const server = createServer().listen(place.path("socket"));
		await until("it listens", () => server.listening);
		await place.source.start();
		expect(place.states()).toEqual({ socket: "ignored: socket: only regular files are taken" });
		await new Promise((resolve) => server.close(resolve));
	});

	it.runIf(isRoot)("a device (made as root)", async () => {
		execFileSync("mknod", [place.path("device"), "c", "1", "3"]);
		await place.source.start();
		expect(place.states()).toEqual({ device: "ignored: device: only regular files are taken" });
	});
});
