import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { getEventListeners } from "node:events";
import { closeSync, ftruncateSync, openSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Inspection } from "#connectors/file/inspection.ts";
import { Inspector } from "#connectors/file/inspector.ts";
import { statOf } from "#connectors/file/listing.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

let directory: ReturnType<typeof temporaryDirectory>;
let inspector: Inspector;
beforeEach(() => {
	directory = temporaryDirectory();
	inspector = new Inspector(2);
});
afterEach(async () => {
	await inspector.close();
	directory.remove();
});

const never = new AbortController().signal;
const inspectionOf = (file: string): Inspection => {
	return { file, stat: statOf(statSync(file, { bigint: true })), footer: undefined, probe: "none" };
};

function write(name: string, content: string): Inspection {
	writeFileSync(join(directory.path, name), content);
	return inspectionOf(join(directory.path, name));
}

/** A file of zeros that takes no space. */
function sparse(name: string, bytes: number): Inspection {
	const fd = openSync(join(directory.path, name), "w");
	ftruncateSync(fd, bytes);
	closeSync(fd);
	return inspectionOf(join(directory.path, name));
}

describe("the inspector", () => {
	it("gives the digest of each of many files", async () => {
		const inspections = Array.from({ length: 500 }, (_, i) => write(`${i}`, `content ${i}`));
		const findings = await Promise.all(inspections.map((inspection) => inspector.inspect(inspection, never)));
		expect(findings).toEqual(
			inspections.map((_, i) => ({
				kind: "whole",
				sha256: createHash("sha256").update(`content ${i}`).digest("hex"),
			})),
		);
	});

	it("holds on to no signal when it is done: a folder of many files has one signal for all of them", async () => {
		const { signal } = new AbortController();
		const inspections = Array.from({ length: 100 }, (_, i) => write(`${i}`, "x"));
		await Promise.all(inspections.map((inspection) => inspector.inspect(inspection, signal)));
		expect(getEventListeners(signal, "abort")).toEqual([]);
	});

	it("goes on with small files while large ones are read, and gives up a large one on demand", async () => {
		const aborting = new AbortController();
		const large = [1, 2, 3].map((i) => inspector.inspect(sparse(`large${i}`, 1e12), aborting.signal));
		const small = await Promise.all(
			Array.from({ length: 100 }, (_, i) => inspector.inspect(write(`${i}`, "x"), never)),
		);
		expect(small.every(({ kind }) => kind === "whole")).toBe(true);
		aborting.abort();
		expect(await Promise.all(large)).toEqual(large.map(() => ({ kind: "aborted" })));
	});

	it("finds that a file grew while it was read", async () => {
		const inspection = sparse("growing", 2e9);
		const finding = inspector.inspect(inspection, never);
		writeFileSync(inspection.file, "more", { flag: "a" });
		expect(await finding).toEqual({ kind: "changed" });
	});

	it("opens neither a link, nor a pipe that would block it, nor what is gone", async () => {
		const { stat } = write("file", "1");
		const at = (name: string) => ({
			...inspectionOf(join(directory.path, "file")),
			file: join(directory.path, name),
			stat,
		});
		symlinkSync("file", join(directory.path, "link"));
		execFileSync("mkfifo", [join(directory.path, "pipe")]);
		for (const name of ["link", "pipe", "missing", "."]) {
			expect(await inspector.inspect(at(name), never)).toEqual({ kind: "changed" });
		}
	});

	it("reads a file whose name is not UTF-8", async () => {
		const name = Buffer.concat([Buffer.from(`${directory.path}/`), Buffer.from([0x66, 0xff, 0x0a])]);
		writeFileSync(name, "bytes");
		const file = `${directory.path}/f\udcff\n`;
		const stat = statOf(statSync(name, { bigint: true }));
		expect(await inspector.inspect({ file, stat, footer: undefined, probe: "none" }, never)).toMatchObject({
			kind: "whole",
		});
		rmSync(name);
	});

	it("rejects what it has in hand and what is asked of it when it is closed", async () => {
		const open = inspector.inspect(sparse("large", 1e12), never);
		const closing = inspector.close();
		await expect(open).rejects.toMatchObject({ code: "INSPECTOR_CLOSED", class: "transient" });
		await closing;
		await expect(inspector.inspect(write("1", "1"), never)).rejects.toMatchObject({ code: "INSPECTOR_CLOSED" });
	});
});
