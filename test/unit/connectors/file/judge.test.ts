import { createHash } from "node:crypto";
import {
	appendFileSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	unlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createJudge } from "#connectors/file/judge.ts";
import { systemClock } from "#core/clock.ts";
import type { Member } from "#domain/acquisition.ts";
import type { Settled, Verdict } from "#domain/verdict.ts";
import { type Changes, WatchedDirectory } from "#test/support/watched-directory.ts";

let place: WatchedDirectory;
afterEach(() => place.close());

async function started(changes: Changes, files: Readonly<Record<string, string | Uint8Array>>) {
	place = new WatchedDirectory(changes);
	for (const [path, content] of Object.entries(files)) write(path, content);
	await place.source.start();
}

function write(path: string, content: string | Uint8Array = "1"): void {
	mkdirSync(place.path(path, ".."), { recursive: true });
	writeFileSync(place.path(path), content);
}

const sha256 = (content: string | Uint8Array) => createHash("sha256").update(content).digest("hex");
const members = (verdict: Verdict<Settled>): readonly Member[] => {
	if (verdict.kind !== "complete") throw new Error(`it is ${JSON.stringify(verdict)}`);
	return verdict.value.acquisition.members;
};
const isWaitingFor = (what: string | RegExp) => ({
	kind: "waiting",
	for: typeof what === "string" ? what : expect.stringMatching(what),
	againMs: expect.any(Number),
});

describe("a file", () => {
	it("is complete with the digest of all its bytes and the stat that it had", async () => {
		await started({}, { "plates/1.csv": "A1,0.5\n" });
		const verdict = await place.judge("plates/1.csv");
		const stat = statSync(place.path("plates/1.csv"), { bigint: true });
		expect(members(verdict)).toEqual([
			{
				path: "plates/1.csv",
				size: 7,
				sha256: sha256("A1,0.5\n"),
				mtimeNs: String(stat.mtimeNs),
				ctimeNs: String(stat.ctimeNs),
				inode: String(stat.ino),
			},
		]);
		expect(verdict).toMatchObject({
			value: {
				acquisition: { source: "instrument", key: "plates/1.csv", kind: "file", captures: {} },
			},
		});
	});

	it("waits until its quiet time is over, and says how much of it is", async () => {
		await started({ complete: { quietMs: 60_000 } }, { "1.csv": "1" });
		const unit = place.unit("1.csv");
		expect(await place.judgeUnit(unit)).toEqual(isWaitingFor(/^quiet for [\d.]+ s of 60 s$/));
		const almost = { ...unit, wakeAt: Date.now() + 40 };
		expect(await place.judgeUnit(almost)).toEqual(isWaitingFor(/^quiet for 59\.9 s of 60 s$/));
		expect(await place.judgeUnit({ ...unit, wakeAt: Date.now() })).toMatchObject({ kind: "complete" });
	});

	it("without a byte is complete, unless a minimum size is asked for", async () => {
		await started({}, { "empty.csv": "" });
		expect(members(await place.judge("empty.csv"))[0]).toMatchObject({ size: 0, sha256: sha256("") });
		await place.restart({ complete: { minBytes: 10 } });
		expect(await place.judge("empty.csv")).toEqual(isWaitingFor("at least 10 bytes, it has 0"));
	});

	it("is told from another with the same header by all of its content", async () => {
		const header = "x".repeat(2_000_000);
		await started({}, { "1.csv": `${header}1`, "2.csv": `${header}2` });
		expect(members(await place.judge("1.csv"))[0]?.sha256).toBe(sha256(`${header}1`));
		expect(members(await place.judge("2.csv"))[0]?.sha256).toBe(sha256(`${header}2`));
	});

	it.each([
		["appended to", () => appendFileSync(place.path("1.csv"), "more")],
		["truncated", () => truncateSync(place.path("1.csv"), 1)],
		["rewritten with the same size and date", () => rewrite("1.csv", "other content")],
		["replaced by rename", () => replace("1.csv", "first content")],
	])("that was %s since it was seen waits for a scan, and is then another version", async (_what, change) => {
		await started({}, { "1.csv": "first content" });
		const unit = place.unit("1.csv");
		change();
		const hints: string[] = [];
		place.source.hints$.subscribe((directory) => hints.push(directory));
		expect(await place.judgeUnit({ ...unit, wakeAt: 0 })).toEqual(
			isWaitingFor(/1\.csv changed while it was looked at/),
		);
		expect(hints).toEqual([""]);
		await place.scan();
		expect(place.unit("1.csv").generation).toBe(unit.generation + 1);
		expect(members(await place.judge("1.csv"))[0]?.sha256).toBe(sha256(readFileSync(place.path("1.csv"))));
	});

	it.each([
		["nothing", () => {}],
		["a directory", () => mkdirSync(place.path("1.csv"))],
		["a link to a file outside", () => symlinkSync("/etc/hostname", place.path("1.csv"))],
	])("in whose place there is %s now is not taken, and waits no more after a scan", async (_what, put) => {
		await started({}, { "1.csv": "content" });
		unlinkSync(place.path("1.csv"));
		put();
		expect(await place.judge("1.csv")).toMatchObject({ kind: "waiting" });
		await place.scan();
		expect(() => place.unit("1.csv")).toThrow("does not wait");
	});

	it("has the date of its content as its own, and the time of its coming where that is still to come", async () => {
		await started({}, { "1999.csv": "1", "2099.csv": "1" });
		const before = Date.now() - 60_000;
		utimesSync(place.path("1999.csv"), new Date("1999-06-01"), new Date("1999-06-01"));
		utimesSync(place.path("2099.csv"), new Date("2099-06-01"), new Date("2099-06-01"));
		await place.scan();
		expect(await place.judge("1999.csv")).toMatchObject({
			value: { acquisition: { acquiredAt: Date.parse("1999-06-01") } },
		});
		const late = await place.judge("2099.csv");
		if (late.kind !== "complete") expect.fail();
		expect(late.value.acquisition.acquiredAt).toBeGreaterThan(before);
		expect(late.value.acquisition.acquiredAt).toBeLessThanOrEqual(Date.now());
	});

	it("is looked at more and more rarely while something is missing", async () => {
		await started({ complete: { minBytes: 10 } }, { "1.csv": "1" });
		const unit = { ...place.unit("1.csv"), wakeAt: 0 };
		const again = await Promise.all([0, 1, 2, 20].map((looks) => place.judgeUnit({ ...unit, looks })));
		expect(again.map((verdict) => verdict.kind === "waiting" && verdict.againMs)).toEqual([250, 500, 1_000, 30_000]);
	});

	it("of a source that the configuration no longer has is refused with what to do", async () => {
		await started({}, { "1.csv": "1" });
		const { ledger } = place;
		const inspector = { inspect: () => expect.fail("nothing is to be read") };
		const judge = createJudge({ ledger, inspector, sources: new Map(), clock: systemClock });
		expect(await judge(place.unit("1.csv"), new AbortController().signal)).toMatchObject({
			kind: "refused",
			cause: { code: "SOURCE_UNKNOWN", fix: expect.stringContaining("instrument") },
		});
	});
});

describe("markers, footer and structure", () => {
	it("all markers of a file are needed; the one that comes wakes the file at once", async () => {
		await started({ complete: { marker: ["{name}.done", "{stem}.ok"] } }, { "1.csv": "1", "2.csv": "1" });
		expect(await place.settle("1.csv")).toEqual(isWaitingFor("marker 1.csv.done, 1.ok"));
		await place.settle("2.csv");
		write("1.ok");
		await place.scan();
		expect(await place.settle("1.csv")).toEqual(isWaitingFor("marker 1.csv.done"));
		write("1.csv.done");
		await place.scan();
		expect(place.unit("1.csv").wakeAt).toBeLessThanOrEqual(Date.now());
		expect(place.unit("2.csv").wakeAt).toBeGreaterThan(Date.now());
		expect(await place.judge("1.csv")).toMatchObject({ kind: "complete" });
		expect(place.states()["1.csv.done"]).toMatch(/^ignored: complete.marker/);
	});

	it("a marker that came before the data does not stand for quiet", async () => {
		await started({ complete: { marker: ["{name}.done"], quietMs: 60_000 } }, { "1.csv.done": "" });
		write("1.csv");
		await place.scan();
		expect(await place.judgeUnit(place.unit("1.csv"))).toEqual(isWaitingFor(/^quiet for/));
	});

	it("a footer and a structure are waited for, and name what is missing", async () => {
		const footer = { pattern: "~End~\\s*$", flags: "", withinBytes: 64 };
		await started(
			{ complete: { footer, probe: "auto" } },
			{ "1.txt": "1\n", "2.gz": gzipSync("x~End~").subarray(0, -3) },
		);
		expect(await place.judge("1.txt")).toEqual(isWaitingFor("the footer /~End~\\s*$/ in its last 64 bytes"));
		appendFileSync(place.path("1.txt"), "~End~\r\n");
		await place.scan();
		expect(await place.judge("1.txt")).toMatchObject({ kind: "complete" });
		await place.restart({ complete: { footer: undefined } });
		expect(await place.judge("2.gz")).toEqual(isWaitingFor("the end of the gzip stream"));
	});
});

describe("a folder", () => {
	const folders: Changes = { acquisition: "folder", complete: { marker: ["RTAComplete.txt"] } };

	it("is complete with all its members, in the order of their bytes", async () => {
		await started(folders, { "run/b.bcl": "b", "run/RTAComplete.txt": "", "run/a/ä.bcl": "ä", "run/a/z.bcl": "z" });
		const verdict = await place.judge("run");
		expect(members(verdict).map(({ path }) => path)).toEqual([
			"run/RTAComplete.txt",
			"run/a/z.bcl",
			"run/a/ä.bcl",
			"run/b.bcl",
		]);
		expect(verdict).toMatchObject({ value: { acquisition: { key: "run", kind: "folder" } } });
	});

	it("waits for its markers, also for one that is no member itself", async () => {
		await started({ ...folders, include: ["**/*.bcl"] }, { "run/a.bcl": "a" });
		expect(await place.settle("run")).toEqual(isWaitingFor("marker run/RTAComplete.txt"));
		expect(place.unit("run").wakeAt).toBeGreaterThan(Date.now());
		write("run/RTAComplete.txt");
		await place.scan();
		expect(place.unit("run").wakeAt).toBeLessThanOrEqual(Date.now());
		expect(members(await place.judge("run")).map(({ path }) => path)).toEqual(["run/a.bcl"]);
	});

	it("with a member that no scan has seen waits for that scan: a marker is not a copy", async () => {
		await started(folders, { "run/a.bcl": "a", "run/RTAComplete.txt": "" });
		write("run/late/b.bcl");
		expect(await place.judge("run")).toEqual(isWaitingFor(/run\/late\/b\.bcl changed/));
		await place.scan();
		expect(members(await place.judge("run"))).toHaveLength(3);
	});

	it("is reopened by a member that comes late, is changed, or is lost", async () => {
		await started(folders, { "run/a.bcl": "a", "run/b.bcl": "b", "run/RTAComplete.txt": "" });
		expect(await place.settle("run")).toMatchObject({ kind: "complete" });
		expect(place.find("run")?.state).toBe("settled");
		for (const change of [
			() => write("run/c.bcl"),
			() => write("run/a.bcl", "new"),
			() => rmSync(place.path("run/b.bcl")),
		]) {
			change();
			await place.scan();
			expect(place.find("run")?.state).toBe("settling");
			expect(await place.settle("run")).toMatchObject({ kind: "complete" });
		}
		const paths = members(await settledAgain()).map(({ path }) => path);
		expect(paths).toEqual(["run/RTAComplete.txt", "run/a.bcl", "run/c.bcl"]);
	});

	it("has the minimum size of all its members together, and each member's own structure", async () => {
		const complete = { minBytes: 10, marker: [], probe: "auto" } as const;
		await started({ ...folders, complete }, { "run/1.csv": "12345", "run/2.gz": gzipSync("data").subarray(0, -4) });
		expect(await place.judge("run")).toEqual(isWaitingFor("the end of the gzip stream of run/2.gz"));
		await place.restart({ complete: { minBytes: 1_000 } });
		expect(await place.judge("run")).toEqual(isWaitingFor(/^at least 1000 bytes, it has \d+$/));
	});

	async function settledAgain() {
		write("run/a.bcl", "once more");
		await place.scan();
		return await place.judge("run");
	}
});

function rewrite(path: string, content: string): void {
	const { mtimeMs } = statSync(place.path(path));
	writeFileSync(place.path(path), content);
	utimesSync(place.path(path), mtimeMs / 1000, mtimeMs / 1000);
}

function replace(path: string, content: string): void {
	writeFileSync(place.path(`${path}.part`), content);
	renameSync(place.path(`${path}.part`), place.path(path));
}
