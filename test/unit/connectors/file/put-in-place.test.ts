import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ifAbsent } from "#connectors/file/put-in-place.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describe("a file that is to have a name which no other has", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	beforeEach(() => {
		directory = temporaryDirectory();
	});
	afterEach(() => directory.remove());

	it("stays as it is where it cannot have it", () => {
		const temporary = join(directory.path, "temporary");
		writeFileSync(temporary, "kept");
		expect(() => ifAbsent(temporary, join(directory.path, "missing/a.csv"))).toThrow("ENOENT");
		expect(readFileSync(temporary, "utf8")).toBe("kept");
	});

	it("has it on a file system without links as well, and takes no other's", ({ skip }) => {
		const child = fileURLToPath(new URL("./children/receive-file.ts", import.meta.url));
		const linkless = ["-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "inject=?link,linkat:error=EPERM"];
		const run = (...command: string[]) =>
			spawnSync("strace", [...linkless, "-e", "trace=?link,linkat", ...command], { encoding: "utf8" });
		if (run("true").status !== 0) return skip("no strace that may trace: install it");
		const receive = (content: string) =>
			run(process.execPath, "--conditions=source", child, directory.path, "a.csv", content).stdout;
		expect(receive("one")).toBe("created");
		expect(receive("two")).toBe("FILE_EXISTS");
		expect(readFileSync(join(directory.path, "a.csv"), "utf8")).toBe("one");
		expect(readdirSync(join(directory.path, ".tmp"))).toEqual([]);
	}, 60_000);
});
