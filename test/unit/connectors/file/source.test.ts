import {
	mkdirSync,
	renameSync,
	rmSync,
	symlinkSync,
	truncateSync,
	unlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { ManualClock } from "#test/support/manual-clock.ts";
import { type Changes, until, WatchedDirectory } from "#test/support/watched-directory.ts";

let place: WatchedDirectory;
afterEach(() => place.close());

async function started(changes: Changes = {}, prepare: (place: WatchedDirectory) => void = () => {}) {
	place = new WatchedDirectory(changes);
	prepare(place);
	await place.source.start();
	return place;
}

const write = (path: string, content = "1") => writeFileSync(place.path(path), content);
const writeAll = (paths: readonly string[], content?: string) => {
	for (const path of paths) write(path, content);
};
const makeDirectory = (path: string) => mkdirSync(place.path(path), { recursive: true });

describe("the first scan", () => {
	it("has every file below the root in the ledger, and every directory watched", async () => {
		await started({}, () => {
			makeDirectory("a/b/c");
			for (const path of ["1.csv", "a/2.csv", "a/b/c/3.csv"]) write(path);
		});
		expect(Object.keys(place.states()).sort()).toEqual(["1.csv", "a/2.csv", "a/b/c/3.csv"]);
		expect(place.events).toContainEqual(
			expect.objectContaining({ event: "source.ready", mode: "events", directories: 4 }),
		);
	});

	it("finds after a restart what came, changed and went meanwhile", async () => {
		await started({}, () => {
			makeDirectory("run");
			for (const path of ["same.csv", "changed.csv", "gone.csv", "run/1.csv", "run/2.csv"]) write(path);
		});
		const generation = place.find("same.csv")?.generation;
		await place.source.close();
		write("changed.csv", "longer");
		write("new.csv");
		unlinkSync(place.path("gone.csv"));
		rmSync(place.path("run"), { recursive: true });
		await place.restart();
		expect(Object.keys(place.states()).sort()).toEqual(["changed.csv", "new.csv", "same.csv"]);
		expect(place.find("same.csv")?.generation).toBe(generation);
		expect(place.find("changed.csv")?.stat.size).toBe(6);
		for (const path of ["gone.csv", "run/1.csv", "run/2.csv"]) expect(place.find(path)?.goneAt).toBeDefined();
	});

	it("compares a directory of many files in parts, and misses none", async () => {
		const names = Array.from({ length: 1_300 }, (_, i) => `é${i}.csv`);
		await started({}, () => writeAll(names));
		expect(Object.keys(place.states())).toHaveLength(1_300);
		for (const name of names.filter((_, i) => i % 7 === 0)) unlinkSync(place.path(name));
		await place.scan();
		expect(Object.keys(place.states()).sort()).toEqual(names.filter((_, i) => i % 7 !== 0).sort());
	});

	it("waits for a root that is not there yet, visibly, and then goes on by itself", async () => {
		place = new WatchedDirectory({ scanEveryMs: 10 });
		rmSync(place.root, { recursive: true });
		const ready = place.source.start();
		await until("it is said", () => place.events.some(({ event }) => event === "source.trouble"));
		expect(place.events[0]).toMatchObject({ error: { code: "SOURCE_UNREACHABLE", class: "transient" } });
		makeDirectory("");
		write("1.csv");
		await ready;
		expect(place.states()).toEqual({ "1.csv": "seen" });
	});

	it("takes nothing for deleted when the root is away", async () => {
		await started({}, () => write("1.csv"));
		renameSync(place.root, `${place.root}-unmounted`);
		const scanned = place.scan();
		await until("it is said", () => place.events.some(({ event }) => event === "source.trouble"));
		expect(place.states()).toEqual({ "1.csv": "seen" });
		renameSync(`${place.root}-unmounted`, place.root);
		await scanned;
		expect(place.find("1.csv")?.goneAt).toBeUndefined();
	});
});

describe("what a scan finds in a directory", () => {
	it("is a new version when a file was rewritten with the same size and its old date", async () => {
		await started({}, () => write("1.csv", "old"));
		const { stat, generation } = place.find("1.csv") ?? expect.fail();
		write("1.csv", "new");
		const date = Number(stat.mtimeNs / 1_000_000n) / 1000;
		utimesSync(place.path("1.csv"), date, date);
		await place.scan();
		expect(place.find("1.csv")?.generation).toBe(generation + 1);
	});

	it("is a new version when it was replaced by rename, truncated, or appended to", async () => {
		await started({}, () => writeAll(["a", "b", "c"], "content"));
		write("other", "CONTENT");
		renameSync(place.path("other"), place.path("a"));
		truncateSync(place.path("b"), 3);
		writeFileSync(place.path("c"), "more", { flag: "a" });
		await place.scan();
		for (const path of ["a", "b", "c"]) expect(place.find(path)?.generation).toBe(2);
	});

	it("is another file under the new name, and none under the old, when it was renamed", async () => {
		await started({}, () => write("old.csv"));
		renameSync(place.path("old.csv"), place.path("new.csv"));
		await place.scan();
		expect(place.states()).toEqual({ "new.csv": "seen" });
	});

	it("waits for quiet from its change time on: a file copied in with an old or a future date is young", async () => {
		await started({ complete: { quietMs: 60_000 } });
		const before = Date.now();
		for (const [path, date] of [
			["1999.csv", "1999-06-01"],
			["2099.csv", "2099-06-01"],
		] as const) {
			write(path);
			utimesSync(place.path(path), new Date(date), new Date(date));
		}
		await place.scan();
		for (const path of ["1999.csv", "2099.csv"]) {
			const { wakeAt } = place.unit(path);
			expect(wakeAt).toBeGreaterThanOrEqual(before + 60_000 - 10);
			expect(wakeAt).toBeLessThanOrEqual(Date.now() + 60_001);
		}
	});

	it("is due at once when it has been at rest for longer than the quiet time", async () => {
		const clock = new ManualClock(Date.now() + 3_600_000);
		place = new WatchedDirectory({ complete: { quietMs: 2_000 } }, clock);
		write("1.csv");
		await place.source.start();
		expect(place.unit("1.csv").wakeAt).toBeLessThan(clock.now());
	});

	it("becomes a directory with files where a file was, and a file where a directory was", async () => {
		await started({}, () => {
			makeDirectory("b/deep");
			write("a");
			write("b/deep/1.csv");
		});
		unlinkSync(place.path("a"));
		rmSync(place.path("b"), { recursive: true });
		makeDirectory("a");
		write("a/2.csv");
		write("b");
		await place.scan();
		expect(place.states()).toEqual({ "a/2.csv": "seen", b: "seen" });
		expect(place.find("b/deep/1.csv")?.goneAt).toBeDefined();
	});

	it("is nothing any more when its directory was removed or moved out", async () => {
		await started({}, () => {
			makeDirectory("run/deep");
			write("run/1.csv");
			write("run/deep/2.csv");
		});
		rmSync(place.path("run"), { recursive: true });
		await place.scan();
		expect(place.states()).toEqual({});
	});

	it("comes whole with a directory that was moved in", async () => {
		await started();
		mkdirSync(`${place.root}-outside/deep`, { recursive: true });
		writeFileSync(`${place.root}-outside/deep/1.csv`, "1");
		renameSync(`${place.root}-outside`, place.path("run"));
		await place.scan();
		expect(place.states()).toEqual({ "run/deep/1.csv": "seen" });
	});
});

describe("what is ignored, with the rule", () => {
	it("are names by include, exclude and rename; the final name of a temporary one counts", async () => {
		await started({ include: ["**/*.csv"], exclude: ["old/**"], complete: { rename: ["*.tmp"] } }, () => {
			makeDirectory("old");
			writeAll(["1.csv", "2.txt", ".hidden.csv", "old/3.csv", "4.csv.tmp"]);
		});
		expect(place.states()).toEqual({
			"1.csv": "seen",
			"2.txt": `ignored: include "**/*.csv" does not match`,
			".hidden.csv": `ignored: include "**/*.csv" does not match (a name that begins with a dot is matched by no *)`,
			"old/3.csv": `ignored: exclude "old/**"`,
			"4.csv.tmp": `ignored: complete.rename "*.tmp": a temporary name, its final name is awaited`,
		});
		renameSync(place.path("4.csv.tmp"), place.path("4.csv"));
		await place.scan();
		expect(place.states()).toMatchObject({ "4.csv": "seen" });
		expect(place.find("4.csv.tmp")?.goneAt).toBeDefined();
	});

	it("are symbolic links, with where they lead: none is followed, a loop harms nobody", async () => {
		await started({}, () => {
			write("1.csv");
			symlinkSync("1.csv", place.path("inside"));
			symlinkSync("..", place.path("outside"));
			symlinkSync(".", place.path("loop"));
			symlinkSync("circle", place.path("circle"));
		});
		const states = place.states();
		expect(Object.keys(states).sort()).toEqual(["1.csv", "circle", "inside", "loop", "outside"]);
		for (const name of ["inside", "loop", "circle"]) {
			expect(states[name]).toMatch(/^ignored: symbolic link: it leads to another place in the watched directory/);
		}
		expect(states.outside).toBe(
			"ignored: symbolic link: it leads out of the watched directory, to ..; links are not followed",
		);
	});

	it("are files outside of any folder, when folders are what is acquired", async () => {
		await started({ acquisition: "folder", folders: ["run*"] }, () => {
			makeDirectory("run1/data");
			makeDirectory("notes");
			writeAll(["run1/data/1.bcl", "stray.txt", "notes/2.txt"]);
		});
		expect(place.states()).toEqual({
			"run1/data/1.bcl": "seen",
			"stray.txt": `ignored: folders "run*": it lies in none of them`,
			"notes/2.txt": `ignored: folders "run*": it lies in none of them`,
		});
		expect(place.find("run1")?.kind).toBe("folder");
	});

	it("is held against the rules again when the configuration has changed", async () => {
		await started({ include: ["*.csv"] }, () => writeAll(["1.csv", "2.txt"]));
		await place.restart({ include: ["*.txt"] });
		expect(place.states()).toEqual({ "1.csv": `ignored: include "*.txt" does not match`, "2.txt": "settling" });
	});
});

describe("what was there at the first start", () => {
	const there = () => {
		write("old.csv");
		utimesSync(place.path("old.csv"), new Date("2020-01-01"), new Date("2020-01-01"));
		write("recent.csv");
	};

	it("is processed, if nothing else is said", async () => {
		await started({}, there);
		expect(place.states()).toEqual({ "old.csv": "seen", "recent.csv": "seen" });
	});

	it("is ignored on demand, by a rule that says so; what comes or changes later is not", async () => {
		await started({ existing: "ignore" }, there);
		expect(place.states()["old.csv"]).toMatch(/^ignored: existing: ignore: it was there at the first start \(20/);
		write("new.csv");
		write("old.csv", "changed");
		await place.scan();
		expect(place.states()).toMatchObject({ "new.csv": "seen", "old.csv": "settling" });
		await place.restart();
		write("newer.csv");
		await place.scan();
		expect(place.states()).toMatchObject({ "newer.csv": "seen", "recent.csv": expect.stringMatching(/^ignored/) });
	});

	it("is ignored if older than a date, by the date that the instrument gave it", async () => {
		await started({ existing: { since: Date.parse("2024-01-01") } }, there);
		expect(place.states()).toEqual({
			"old.csv": expect.stringMatching(/^ignored: existing: since 2024-01-01T00:00:00.000Z: /),
			"recent.csv": "seen",
		});
	});

	it("is taken after all when the configuration is changed so", async () => {
		await started({ existing: "ignore" }, there);
		await place.restart({ existing: "process" });
		expect(place.states()).toEqual({ "old.csv": "settling", "recent.csv": "settling" });
	});
});

describe("hints", () => {
	it("name the directory in which something moved, and its scan finds what", async () => {
		await started({}, () => makeDirectory("a"));
		place.follow();
		write("a/1.csv");
		await until("the file is seen", () => place.find("a/1.csv") !== undefined);
		writeFileSync(place.path("a/1.csv"), "more", { flag: "a" });
		await until("it is seen to change", () => place.find("a/1.csv")?.stat.size === 5);
		unlinkSync(place.path("a/1.csv"));
		await until("it is seen to go", () => place.find("a/1.csv")?.goneAt !== undefined);
	});

	it("come from directories that were made, replaced and moved while watching", async () => {
		await started();
		place.follow();
		makeDirectory("new/deep");
		write("new/deep/1.csv");
		await until("its file is seen", () => place.find("new/deep/1.csv") !== undefined);
		renameSync(place.path("new"), place.path("moved"));
		await until("it is gone there, and here", () => {
			return place.find("new/deep/1.csv")?.goneAt !== undefined && place.find("moved/deep/1.csv") !== undefined;
		});
		rmSync(place.path("moved"), { recursive: true });
		makeDirectory("moved/deep");
		await until("the old files are gone", () => place.find("moved/deep/1.csv")?.goneAt !== undefined);
		write("moved/deep/2.csv");
		await until("the new directory is watched", () => place.find("moved/deep/2.csv") !== undefined);
	});

	it("may all be lost: a full scan on the interval finds what they would have told", async () => {
		await started({ scanEveryMs: 20 }, () => makeDirectory("a"));
		write("a/1.csv");
		await until("a scan has found it", () => place.find("a/1.csv") !== undefined);
	});

	it("may come by polling, and what grows in place is then found by the scans", async () => {
		await started({ mode: "poll", pollEveryMs: 20 }, () => makeDirectory("a"));
		expect(place.source.watching).toEqual({ mode: "poll", why: "mode: poll in the configuration" });
		const hinted: string[] = [];
		place.source.hints$.subscribe((directory) => hinted.push(directory));
		write("a/1.csv");
		await until("chokidar hints", () => hinted.includes("a"));
		await until("it is seen", () => place.find("a/1.csv") !== undefined);
		writeFileSync(place.path("a/1.csv"), "more", { flag: "a" });
		await until("it is seen to grow", () => place.find("a/1.csv")?.stat.size === 5);
	});
});

describe("starting and closing", () => {
	it("may be closed before it was started, while it starts, and twice", async () => {
		place = new WatchedDirectory();
		for (let i = 0; i < 300; i++) makeDirectory(`d${i}`);
		const starting = place.source.start();
		await place.source.close();
		await starting;
		await place.source.close();
	});
});

describe("a look at one path", () => {
	it("leaves what else moved in its directory to be looked at by name", async () => {
		await started({ mode: "poll", pollEveryMs: 3_600_000 });
		writeAll(["moved.csv", "announced.csv", "unheard.csv"]);
		place.source.notice("moved.csv");
		await place.source.look("announced.csv");
		expect(Object.keys(place.states())).toEqual(["announced.csv"]);
		await place.source.scanDirectory("");
		expect(Object.keys(place.states()).sort()).toEqual(["announced.csv", "moved.csv"]);
	});
});
