import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { until, WatchedDirectory } from "#test/support/watched-directory.ts";

function unavailable(): string | undefined {
	if (!existsSync("/dev/fuse")) return "there is no /dev/fuse here";
	try {
		execFileSync("rclone", ["version"], { stdio: "ignore" });
		execFileSync("sh", ["-c", "command -v fusermount || command -v fusermount3"], { stdio: "ignore" });
		return undefined;
	} catch {
		return "rclone and fusermount are not installed (Debian: rclone, fuse3)";
	}
}

const missing = unavailable();

let place: WatchedDirectory;
let behind: ReturnType<typeof temporaryDirectory>;
let mount: ChildProcess | undefined;

beforeEach(() => {
	place = new WatchedDirectory();
	behind = temporaryDirectory();
});
afterEach(async () => {
	await place.source.close();
	if (mount !== undefined) {
		const ended = new Promise((resolve) => mount?.once("exit", resolve));
		mount.kill("SIGTERM");
		await ended;
		mount = undefined;
	}
	await place.close();
	behind.remove();
});

/** FUSE raises no event for what is written behind the mount: a double for NFS and SMB. */
async function mounted(): Promise<void> {
	mount = spawn("rclone", ["mount", behind.path, place.root, "--dir-cache-time", "0s", "--attr-timeout", "0s"], {
		stdio: "ignore",
		env: { ...process.env, RCLONE_CONFIG: join(behind.path, "..", "no-rclone.conf") },
	});
	await until("it is mounted", () => readFileSync("/proc/mounts", "utf8").includes(place.root));
}

describe(`a share that raises no events${missing ? ` [skipped: ${missing}]` : ""}`, () => {
	it.skipIf(missing !== undefined)("is polled without being asked, and nothing on it is missed", async () => {
		mkdirSync(join(behind.path, "run"));
		writeFileSync(join(behind.path, "run/1.csv"), "1");
		await mounted();
		await place.source.start();
		place.follow();
		expect(place.source.watching).toEqual({
			mode: "poll",
			why: "FUSE: writes from elsewhere raise no events here",
		});
		writeFileSync(join(behind.path, "run/2.csv"), "1");
		await until("what came behind the mount is seen", () => place.find("run/2.csv") !== undefined);
		appendFileSync(join(behind.path, "run/1.csv"), "more");
		await until("what grew behind it as well", () => place.find("run/1.csv")?.stat.size === 5);
		expect(await place.judge("run/1.csv")).toMatchObject({ kind: "complete" });
	});
});
