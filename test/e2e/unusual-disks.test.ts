import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { createLab, type LabOptions, type ListedResult } from "#test/support/lab.ts";
import { eventually, type Product } from "#test/support/product.ts";
import { now, RunningLab } from "#test/support/running-lab.ts";
import { type SmallFileSystem, smallFileSystem } from "#test/support/small-file-system.ts";

const small = smallFileSystem(32);
if ("path" in small) small.remove();
const unmountable = "missing" in small;

/** Writes so many lines of 100 bytes as its input says, or none. */
const script = `args <- commandArgs(trailingOnly = TRUE)
lines <- suppressWarnings(as.integer(readLines(args[1], warn = FALSE)[1]))
if (!is.na(lines)) writeLines(rep(strrep("x", 99), lines), file.path(args[2], "lines.txt"))
wr_measure("bytes", file.size(args[1]), unit = "By")
`;

const options: LabOptions = {
	script,
	source: "    complete: { quiet: 100ms }",
	pipeline: "    retry: { attempts: 3, backoff: 100ms }",
};

describe.skipIf(unmountable)(`a disk that is full${unmountable ? ` [skipped: ${small.missing}]` : ""}`, () => {
	let disk: SmallFileSystem;
	let running: RunningLab;

	/** A lab of which one directory lies on a disk of its own. */
	async function startWith(directory: string): Promise<void> {
		disk = smallFileSystem(32) as SmallFileSystem;
		const lab = await createLab(options);
		mkdirSync(`${disk.path}/it`);
		mkdirSync(lab.path(directory, ".."), { recursive: true });
		symlinkSync(`${disk.path}/it`, lab.path(directory));
		running = await RunningLab.startIn(lab);
		await lab.write("data/before.csv", "before\n");
		await analysed("before.csv");
	}

	async function analysed(...names: string[]): Promise<void> {
		for (const name of names) await running.results(name, (all) => all.length > 0);
	}

	/** Written one after the other, each with content of its own. */
	async function write(...names: string[]): Promise<void> {
		for (const name of names) await running.lab.write(`data/${name}`, `the content of ${name}\n`);
	}

	afterEach(async () => {
		disk.makeRoom();
		try {
			await running.end();
		} finally {
			disk.remove();
		}
	});

	it.each([
		["state", /(ledger|catalog|event log|work queue) is away: (DISK_FULL|DATABASE_IO|ENOSPC)/],
		["state/objects", /object store is away: .*(ENOSPC|DISK_FULL|no space)/i],
	])(
		"under %s slows and says so; nothing is lost, and it goes on by itself once there is room",
		async (directory, told) => {
			await startWith(directory);
			disk.fill();
			await write("one.csv", "two.csv", "three.csv");
			await running.up.says(told);
			expect((await running.troubles()).join("\n")).toMatch(/no space|ENOSPC|DISK_FULL/i);
			expect(running.up.child.exitCode).toBeNull();
			disk.makeRoom();
			await write("four.csv");
			await analysed("one.csv", "two.csv", "three.csv", "four.csv");
			await running.up.says(/is back after/);
			const troubles = async () => ((await running.troubles()).length === 0 ? true : undefined);
			await eventually(troubles, () => "nothing is wrong any more");
			const results = await running.lab.json<ListedResult>("list", "results");
			expect(results.map(({ acquisition }) => acquisition.key).sort()).toEqual([
				"before.csv",
				"four.csv",
				"one.csv",
				"three.csv",
				"two.csv",
			]);
			expect(await running.lab.json("list", "dead")).toEqual([]);
		},
	);

	it("an analysis whose output does not fit waits for room: neither half a result is kept, nor an attempt used", async () => {
		await startWith("state");
		disk.fill(6_000_000);
		await running.lab.write("data/large.csv", "80000\n");
		const waits = await running.job("count", ({ cause }) => cause?.code === "DISK_FULL");
		expect(waits).toMatchObject({ state: "failed", attemptsUsed: 0 });
		expect(now(await running.why("large.csv"))).toMatch(
			/count failed, 0 of 3 attempts, and is tried again at .*no space/,
		);
		disk.makeRoom();
		const [result] = await running.results("large.csv", (all) => all.length > 0);
		expect(result?.artifacts).toContainEqual(expect.objectContaining({ name: "lines.txt", size: 8_000_000 }));
	});
});

describe("a source that", () => {
	let lab: Product | undefined;
	const readOnly: string[] = [];

	afterEach(async () => {
		for (const path of readOnly.splice(0)) execFileSync("umount", [path]);
		await lab?.remove();
	});

	it.skipIf(unmountable)("is mounted read-only is watched and analysed all the same", async () => {
		lab = await createLab(options);
		await lab.write("instrument/run.csv", "1;2;3\n");
		execFileSync("mount", ["--bind", lab.path("instrument"), lab.path("data")]);
		readOnly.push(lab.path("data"));
		execFileSync("mount", ["-o", "remount,bind,ro", lab.path("data")]);
		const running = await RunningLab.startIn(lab);
		await running.results("run.csv", (all) => all.length === 1);
		await lab.write("instrument/later.csv", "4;5\n");
		await running.results("later.csv", (all) => all.length === 1);
		await running.file("later.csv", "analysed");
		expect(now(await running.why("later.csv"))).toMatch(/^analysed: count has result/);
		expect((await running.up.stop()).code).toBe(0);
		expect((await lab.run("verify")).stdout).toContain("unaccounted: 0");
	});
});
