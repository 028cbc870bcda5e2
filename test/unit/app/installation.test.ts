import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installationMark } from "#app/installation.ts";
import { dataVariable, ownerVariable, sweepOrphans } from "#r-workers/sweep.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

let place: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
	place = temporaryDirectory();
});
afterEach(() => place.remove());

function dataDirectory(name: string): string {
	const path = join(place.path, name);
	mkdirSync(path);
	return path;
}

test("an installation is known by what lies in its data directory, for its owner alone to read", () => {
	const data = dataDirectory("a");
	const mark = installationMark(data);
	expect(mark).toMatch(/^[0-9a-f-]{36}@pid:\[\d+\]$/);
	expect(mark).toContain(readlinkSync("/proc/self/ns/pid"));
	expect(installationMark(data)).toBe(mark);
	expect(readdirSync(data)).toEqual(["identity"]);
	expect(statSync(join(data, "identity")).mode & 0o777).toBe(0o600);
});

test("another directory of the same path, as another container has it, is another installation; one that moved is the same", () => {
	const first = installationMark(dataDirectory("a"));
	cpSync(join(place.path, "a"), join(place.path, "moved"), { recursive: true });
	expect(installationMark(join(place.path, "moved"))).toBe(first);
	expect(installationMark(dataDirectory("b"))).not.toBe(first);
});

test("an identity that cannot be read as one is replaced", () => {
	const data = dataDirectory("a");
	writeFileSync(join(data, "identity"), "\0\0\0\0");
	const mark = installationMark(data);
	expect(installationMark(data)).toBe(mark);
	expect(mark).toMatch(/^[0-9a-f-]{36}@/);
});

test("of a copied directory, what runs in another process namespace is not swept: its owner cannot be seen from here", async () => {
	const mark = installationMark(dataDirectory("a"));
	const start = (installation: string) =>
		spawn("sleep", ["300"], {
			env: { ...process.env, [dataVariable]: installation, [ownerVariable]: "999999999-5" },
			detached: true,
			stdio: "ignore",
		});
	const orphan = start(mark);
	const elsewhere = start(mark.replace(/\[\d+\]/, "[1]"));
	const gone = once(orphan, "exit");
	expect(await sweepOrphans(mark)).toBe(1);
	await gone;
	expect(elsewhere.exitCode ?? elsewhere.signalCode).toBeNull();
	elsewhere.kill("SIGKILL");
	await once(elsewhere, "exit");
});
