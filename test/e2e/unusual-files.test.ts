import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readdirSync, readlinkSync, writeSync } from "node:fs";
import { appendFile, mkdir, rename, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measured, pause } from "#test/support/lab.ts";
import { eventually } from "#test/support/product.ts";
import { now, RunningLab, steps } from "#test/support/running-lab.ts";

const quietMs = 300;

let running: RunningLab;
const at = (...names: string[]) => running.lab.path("data", ...names);

const sizeScript = `files <- head(commandArgs(trailingOnly = TRUE), -1)
wr_measure("bytes", sum(file.size(files)), unit = "By")
wr_measure("last byte", as.integer(tail(readBin(files[1], "raw", min(file.size(files[1]), 100)), 1)[1]))
`;

beforeAll(async () => {
	running = await RunningLab.start({
		script: sizeScript,
		more: `  finished:
    from: instrument2
    analysis: ./count.R
  compressed:
    from: instrument3
    analysis: ./count.R
`,
		source: `    complete: { quiet: ${quietMs}ms }
  instrument2:
    watch: ./footer
    complete: { quiet: ${quietMs}ms, footer: "# END", minSize: 5B }
  instrument3:
    watch: ./compressed
    complete: { quiet: ${quietMs}ms, probe: gzip }`,
		files: { "footer/.keep": "", "compressed/.keep": "" },
	});
});

afterAll(async () => {
	await running?.end();
});

/** The whole size of a file is there before its content is. */
function preallocate(path: string, bytes: number): number {
	execFileSync("fallocate", ["-l", String(bytes), path]);
	return openSync(path, "r+");
}

describe("a file of 0 bytes", () => {
	it("is analysed as any other", async () => {
		await writeFile(at("empty.csv"), "");
		const [result] = await running.results("empty.csv", (results) => results.length > 0);
		expect(measured(result, "bytes")).toBe(0);
		await running.file("empty.csv", "analysed");
		expect(now(await running.why("empty.csv"))).toMatch(/^analysed: count has result/);
	});

	it("waits where a smallest size was asked for, and says for what", async () => {
		await running.lab.write("footer/empty.csv", "");
		const { reason } = await running.file("empty.csv", "settling", /bytes/);
		expect(reason).toBe("at least 5 bytes, it has 0");
		await rm(running.lab.path("footer/empty.csv"));
	});
});

describe("a file that grows while it is hashed", () => {
	it("is taken once, whole", async () => {
		const path = at("large.raw");
		await writeFile(path, "");
		await truncate(path, 1_500_000_000);
		await eventually(
			() => (hasOpen(running.up.child.pid as number, path) ? true : undefined),
			() => "it is being hashed",
		);
		await appendFile(path, "the last line\n");
		const results = await running.results("large.raw", (all) => all.length > 0);
		expect(results.map((result) => measured(result, "bytes"))).toEqual([1_500_000_014]);
		const why = await running.why("large.raw");
		expect(why.events.filter(({ what }) => what === "changed").map(({ detail }) => detail)).toContain(
			"from 1500000000 to 1500000014 bytes",
		);
		await rm(path);
	});
});

function hasOpen(pid: number, path: string): boolean {
	return readdirSync(`/proc/${pid}/fd`).some((fd) => {
		try {
			return readlinkSync(`/proc/${pid}/fd/${fd}`) === path;
		} catch {
			return false;
		}
	});
}

describe("a file that is preallocated in full and then filled", () => {
	it("settles when the writing has been quiet: the result is that of the content", async () => {
		const fd = preallocate(at("reserved.raw"), 1_000);
		for (let written = 0; written < 1_000; written += 100) {
			writeSync(fd, Buffer.alloc(100, 7), 0, 100, written);
			await pause(quietMs / 4);
		}
		closeSync(fd);
		const results = await running.results("reserved.raw", (all) => all.length > 0);
		expect(results.map((result) => measured(result, "last byte"))).toEqual([7]);
	});

	it("waits for its footer however long it stands still", async () => {
		const path = running.lab.path("footer/reserved.csv");
		const fd = preallocate(path, 100);
		const { reason } = await running.file("reserved.csv", "settling", /footer/);
		expect(reason).toBe("the footer /# END/ in its last 4096 bytes");
		writeSync(fd, "1;2;3\n".repeat(15), 0);
		writeSync(fd, "# END     ", 90);
		closeSync(fd);
		const results = await running.results("reserved.csv", (all) => all.length > 0);
		expect(results).toHaveLength(1);
	});

	it("waits for the trailer of its format however long it stands still", async () => {
		const content = gzipSync(Buffer.alloc(100_000, "some lines\n"));
		const fd = preallocate(running.lab.path("compressed/reserved.gz"), content.length);
		writeSync(fd, content.subarray(0, 50));
		await running.file("reserved.gz", "settling", /gzip/);
		writeSync(fd, content, 50, content.length - 50, 50);
		closeSync(fd);
		const results = await running.results("reserved.gz", (all) => all.length > 0);
		expect(results).toHaveLength(1);
	});
});

describe("a file that is replaced by a rename", () => {
	it("is a new version: the older result is superseded and stays to be seen", async () => {
		await writeFile(at("replaced.csv"), "before");
		await running.results("replaced.csv", (all) => all.length === 1);
		await writeFile(at(".new"), "after the rename");
		await rename(at(".new"), at("replaced.csv"));
		const results = await running.results(
			"replaced.csv",
			(all) => all.length === 2 && all[0]?.state === "current" && all[1]?.state === "superseded",
		);
		expect(results.map((result) => measured(result, "bytes"))).toEqual([16, 6]);
	});

	it("while it settles is taken once, as what it is now", async () => {
		await writeFile(at("swapped.csv"), "first");
		await running.file("swapped.csv", "seen");
		await writeFile(at(".second"), "the second");
		await rename(at(".second"), at("swapped.csv"));
		const results = await running.results("swapped.csv", (all) => all.length > 0);
		expect(results.map((result) => measured(result, "bytes"))).toEqual([10]);
		await running.file("swapped.csv", "analysed");
		expect(steps(await running.why("swapped.csv"))).toEqual(
			expect.arrayContaining(["seen", "changed", "settled", "analysed"]),
		);
	});
});

describe("a file that is deleted while it settles", () => {
	it("is ignored, with the reason, and comes back to life when it returns", async () => {
		await writeFile(at("short-lived.csv"), "1");
		await running.file("short-lived.csv", "seen");
		await unlink(at("short-lived.csv"));
		await running.file("short-lived.csv", "ignored");
		expect(now(await running.why("short-lived.csv"))).toMatch(/^ignored: deleted before it was complete/);
		await writeFile(at("short-lived.csv"), "1");
		await running.results("short-lived.csv", (all) => all.length === 1);
		await running.file("short-lived.csv", "analysed");
		expect(steps(await running.why("short-lived.csv"))).toEqual(
			expect.arrayContaining(["seen", "gone", "returned", "settled", "analysed"]),
		);
	});
});

describe("a name", () => {
	it("that is not UTF-8 is analysed by R, and shown with its bytes escaped", async () => {
		await writeFile(
			Buffer.concat([Buffer.from(`${at()}/plate-`), Buffer.from([0xff, 0xe9]), Buffer.from(".csv")]),
			"1;2",
		);
		const [result] = await running.results("plate-\udcff\udce9.csv", (all) => all.length > 0);
		expect(measured(result, "bytes")).toBe(3);
		const why = await running.why("plate-\\xff\\xe9.csv");
		expect(now(why)).toMatch(/^analysed/);
		const { stdout } = await running.lab.run("list", "files");
		expect(stdout).toContain("plate-\\xff\\xe9.csv");
	});

	it("with a newline and a tab in it is analysed by R, and takes one line where it is shown", async () => {
		await writeFile(at("two\nlines\tand a tab.csv"), "1;2;3");
		const [result] = await running.results("two\nlines\tand a tab.csv", (all) => all.length > 0);
		expect(measured(result, "bytes")).toBe(5);
		expect(now(await running.why("two\\nlines\\tand a tab.csv"))).toMatch(/^analysed/);
		const { stdout } = await running.lab.run("list", "files");
		expect(stdout).toContain("two\\nlines\\tand a tab.csv");
	});

	it("of 255 bytes is analysed", async () => {
		const name = `${"é".repeat(125)}a.csv`;
		expect(Buffer.byteLength(name)).toBe(255);
		await writeFile(at(name), "long");
		await running.results(name, (all) => all.length > 0);
		await running.file(name, "analysed");
		expect(now(await running.why(name))).toMatch(/^analysed/);
	});
});

describe("what is no regular file is ignored by a rule that says what it is:", () => {
	async function ignoredBecause(name: string): Promise<string> {
		await running.file(name, "ignored");
		return now(await running.why(name));
	}

	it("a symbolic link that leads out, of which nothing is read", async () => {
		await running.lab.write("elsewhere/secret.csv", "not for us");
		await symlink(running.lab.path("elsewhere"), at("out"));
		await symlink("../elsewhere/secret.csv", at("out.csv"));
		expect(await ignoredBecause("out.csv")).toMatch(
			/^ignored: symbolic link: it leads out of the watched directory, to \.\.\/elsewhere\/secret\.csv; links are not followed/,
		);
		expect(await ignoredBecause("out")).toMatch(/it leads out of the watched directory/);
	});

	it("a loop of symbolic links", async () => {
		await symlink("loop-b", at("loop-a"));
		await symlink("loop-a", at("loop-b"));
		await symlink(".", at("self"));
		expect(await ignoredBecause("loop-a")).toMatch(/^ignored: symbolic link/);
		expect(await ignoredBecause("self")).toMatch(/^ignored: symbolic link/);
	});

	it("a named pipe", async () => {
		execFileSync("mkfifo", [at("pipe.csv")]);
		expect(await ignoredBecause("pipe.csv")).toMatch(/^ignored: named pipe \(FIFO\): only regular files are taken/);
	});

	it("a socket", async () => {
		const server = createServer().listen(at("socket.csv"));
		await once(server, "listening");
		expect(await ignoredBecause("socket.csv")).toMatch(/^ignored: socket: only regular files are taken/);
		server.close();
	});

	it.runIf(process.getuid?.() === 0)("a device", async () => {
		execFileSync("mknod", [at("device.csv"), "c", "1", "3"]);
		expect(await ignoredBecause("device.csv")).toMatch(/^ignored: device: only regular files are taken/);
	});
});

describe("a directory", () => {
	it("where a file was: the file's result stays, what is in the directory is analysed", async () => {
		await writeFile(at("thing"), "a file");
		await running.results("thing", (all) => all.length === 1);
		await rm(at("thing"));
		await mkdir(at("thing"));
		await writeFile(at("thing/inside.csv"), "in a directory");
		await running.results("thing/inside.csv", (all) => all.length === 1);
		expect(now(await running.why("thing"))).toMatch(/^analysed: .*; it has not been there since/);
		await running.results("thing", (all) => all.length === 1 && all[0]?.state === "current");
	});

	it("that a file takes the place of: what was in it is gone, the file is analysed", async () => {
		await mkdir(at("folder"));
		await writeFile(at("folder/member.csv"), "a member");
		await running.results("folder/member.csv", (all) => all.length === 1);
		await rm(at("folder"), { recursive: true });
		await writeFile(at("folder"), "now a file");
		await running.results("folder", (all) => all.length === 1);
		expect(now(await running.why("folder/member.csv"))).toMatch(/it has not been there since/);
		expect(existsSync(at("folder"))).toBe(true);
	});
});
