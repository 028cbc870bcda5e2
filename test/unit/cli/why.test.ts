import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Workbench } from "#cli/application.ts";
import { SmallLab } from "#test/support/small-lab.ts";

let lab: SmallLab;
let bench: Workbench;

beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
});

afterEach(() => lab.remove());

interface Answer {
	readonly path: string;
	readonly state: string;
	readonly events: readonly { readonly at: string; readonly what: string; readonly detail: string }[];
}

async function why(path: string) {
	const { exitCode, stdout } = await lab.run("why", path, "--json");
	expect(exitCode).toBe(0);
	const { path: absolute, state, events } = JSON.parse(stdout) as Answer;
	const now = events.filter(({ what }) => what === "now").map(({ detail }) => detail);
	return { absolute, state, events, past: events.map(({ what }) => what).filter((what) => what !== "now"), now };
}

const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };

describe("the life of a file", () => {
	test("that was analysed goes from seen to its result", async () => {
		lab.write("a.csv", "od");
		const { job, result } = await lab.analyse(bench, "a.csv");
		const { absolute, state, past, now, events } = await why("plates/a.csv");
		expect(absolute).toBe(join(lab.root, "a.csv"));
		expect(state).toBe("analysed");
		expect(past).toEqual(["seen", "settled", "acquired", "queued", "running", "executed", "completed", "analysed"]);
		expect(now).toEqual([`analysed: elisa has result ${result} (job ${job})`]);
		expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).toSorted());
	});

	test("that waits says what for, and until when", async () => {
		lab.write("a.csv", "od");
		lab.see(bench, "a.csv", Date.now() + 60_000);
		expect((await why("plates/a.csv")).now).toEqual([
			expect.stringMatching(/^seen: waits for quiet, until [\d -]+[\d:]+ \(in 1 min/),
		]);
		const { id: unit, generation } = bench.ledger.find("plates", "a.csv") as { id: number; generation: number };
		bench.ledger.conclude([
			{ unit, generation, state: "settling", at: 1, waitingFor: "marker RTAComplete.txt", wakeAt: 2 },
		]);
		expect((await why("plates/a.csv")).now).toEqual([
			expect.stringMatching(/^settling: waits for marker RTAComplete.txt, due since /),
		]);
	});

	test("with the content of another names it, its job and its result", async () => {
		lab.write("a.csv", "od");
		lab.write("copy.csv", "od");
		const { job, result } = await lab.analyse(bench, "a.csv");
		await lab.takeIn(bench, await lab.settle(bench, "copy.csv"));
		const { events, now } = await why("plates/copy.csv");
		expect(events).toContainEqual(
			expect.objectContaining({
				what: "linked",
				detail: `elisa: same content as a.csv, analysed in job ${job}, result ${result}; nothing is run again`,
			}),
		);
		expect(now[0]).toContain("made for a.csv, which has the same content");
	});

	test("that changed after it was analysed has both versions", async () => {
		lab.write("a.csv", "first");
		await lab.analyse(bench, "a.csv");
		lab.write("a.csv", "second, longer");
		const { result } = await lab.analyse(bench, "a.csv");
		const { past, now, events } = await why("plates/a.csv");
		expect(past.filter((what) => what === "acquired")).toHaveLength(2);
		expect(past).toContain("superseded");
		expect(events.filter(({ what }) => what === "acquired").map(({ detail }) => detail.slice(0, 9))).toEqual([
			"version 1",
			"version 2",
		]);
		expect(now[0]).toContain(result);
	});

	test("whose job is dead says why", async () => {
		lab.write("a.csv", "od");
		const { id } = await lab.takeIn(bench, await lab.settle(bench, "a.csv"));
		await lab.fail(bench, id);
		const { past, now } = await why("plates/a.csv");
		expect(past.slice(-2)).toEqual(["running", "dead"]);
		expect(now).toEqual([
			`settled: elisa is dead after 1 of 3 attempts, because trying again would not help: R_ERROR: object 'od' not found (job ${id})`,
		]);
	});

	test("that no pipeline takes says so", async () => {
		lab.write("a.csv", "od");
		await lab.takeIn(bench, await lab.settle(bench, "a.csv"), "no route matches a.csv");
		expect((await why("plates/a.csv")).now).toEqual(["settled: no route matches a.csv"]);
	});

	test("that is ignored or in quarantine names the rule or the reason", async () => {
		bench.ledger.observe("plates", [
			{ kind: "ignored", path: "x.tmp", stat, at: 1, reason: 'complete.rename "*.tmp": a temporary name' },
			{ kind: "quarantined", path: "y.csv", stat, at: 1, reason: "permission denied (EACCES)" },
		]);
		expect(await why("plates/x.tmp")).toMatchObject({
			state: "ignored",
			now: ['ignored: complete.rename "*.tmp": a temporary name'],
		});
		expect(await why("plates/y.csv")).toMatchObject({
			state: "quarantined",
			now: ["in quarantine: permission denied (EACCES); it is looked at again when it changes"],
		});
	});

	test("that is gone is still told", async () => {
		lab.write("a.csv", "od");
		await lab.analyse(bench, "a.csv");
		bench.ledger.observe("plates", [{ kind: "gone", path: "a.csv", at: Date.now() }]);
		expect((await why("plates/a.csv")).now[0]).toContain("it has not been there since");
	});
});

describe("a file that was never seen", () => {
	test("and would be ignored, by which rule", async () => {
		lab.write("old/a.csv", "od");
		lab.write("a.xlsx", "od");
		expect(await why("plates/old/a.csv")).toMatchObject({
			state: "unknown",
			now: ['source plates would ignore it, by the rule exclude "old/**"'],
		});
		expect((await why("plates/a.xlsx")).now).toEqual([
			'source plates would ignore it, by the rule include "**/*.csv" does not match',
		]);
	});

	test("and would be taken: nobody has looked", async () => {
		lab.write("a.csv", "od");
		expect((await why("plates/a.csv")).now[0]).toContain("has not looked since it came");
	});

	test("and does not exist: how far the path goes", async () => {
		lab.write("deep/a.csv", "od");
		expect((await why("plates/deep/er/b.csv")).now).toEqual([
			`it does not exist; the nearest directory that does is ${lab.root}/deep`,
		]);
	});

	test("and lies where nobody watches: what is watched", async () => {
		writeFileSync(join(lab.directory.path, "a.csv"), "od");
		expect((await why("a.csv")).now).toEqual([`no source watches it: plates watches ${lab.root}`]);
	});

	test("and is no regular file", async () => {
		mkdirSync(join(lab.root, "run1"));
		symlinkSync("/etc/hosts", join(lab.root, "link.csv"));
		expect((await why("plates/run1")).now).toEqual(["it is a directory: ask about a file in it"]);
		expect((await why("plates/link.csv")).now).toEqual(["it is a symbolic link, and links are not followed"]);
		expect((await why("plates")).now[0]).toContain("the directory that source plates watches");
	});
});

describe("the path", () => {
	test("may go through a symbolic link to the watched directory", async () => {
		lab.write("a.csv", "od");
		await lab.analyse(bench, "a.csv");
		symlinkSync(lab.root, join(lab.directory.path, "share"));
		expect((await why("share/a.csv")).state).toBe("analysed");
		expect((await why(join(lab.directory.path, "share", "a.csv"))).state).toBe("analysed");
	});

	test("may be given as it is shown, where no keyboard types it", async () => {
		bench.ledger.observe("plates", [
			{ kind: "ignored", path: "\udc80\n.csv", stat, at: 1, reason: "bytes" },
			{ kind: "ignored", path: "é.csv", stat, at: 1, reason: "letter" },
		]);
		expect((await why("plates/\\x80\\n.csv")).now).toEqual(["ignored: bytes"]);
		expect((await why("plates/\\xc3\\xa9.csv")).now).toEqual(["ignored: letter"]);
	});

	test("is shown to people in one line, with the times in order", async () => {
		lab.write("a.csv", "od");
		const { result } = await lab.analyse(bench, "a.csv");
		const { stdout } = await lab.run("why", "plates/a.csv");
		const rows = stdout.trimEnd().split("\n");
		expect(rows[0]).toBe(`${lab.root}/a.csv  source plates`);
		expect(rows[1]).toMatch(/^\d{4}-\d\d-\d\d [\d:]{8} {2}seen {7}2 bytes$/);
		expect(rows.at(-1)).toContain(`now analysed: elisa has result ${result}`);
		expect((await lab.run("why", "plates/none.csv")).stdout).toContain("never seen:\n- it does not exist;");
	});
});
