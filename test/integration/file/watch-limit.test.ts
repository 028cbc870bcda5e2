import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const limit = 5;

/** A user namespace of its own has a limit of its own. */
const limited = ["-Ur", "sh", "-c", `echo ${limit} > /proc/sys/user/max_inotify_watches && exec "$0" "$@"`];

function unavailable(): string | undefined {
	try {
		execFileSync("unshare", [...limited, "true"], { stdio: "ignore" });
		return undefined;
	} catch {
		return "`unshare -Ur` cannot set user.max_inotify_watches here; it needs Linux with user namespaces";
	}
}

const missing = unavailable();

describe("the system's limit of watches", () => {
	it.skipIf(missing !== undefined)(
		`is no end: what is beyond it is polled, and said with the way out${missing ? ` [skipped: ${missing}]` : ""}`,
		async () => {
			const script = fileURLToPath(new URL("./watch-limit.scenario.ts", import.meta.url));
			const { stdout } = await promisify(execFile)("unshare", [
				...limited,
				process.execPath,
				"--conditions=source",
				script,
			]);
			const { watching, trouble, seen } = JSON.parse(stdout);
			expect(trouble).toEqual([
				{
					code: "WATCH_LIMIT",
					message: "the system's limit of watches (fs.inotify.max_user_watches) is reached",
					fix: expect.stringContaining("sysctl -w fs.inotify.max_user_watches="),
				},
			]);
			expect(watching).toMatchObject({
				mode: "events",
				why: expect.stringMatching(/; \d+ directories are polled: the system's limit of watches/),
			});
			expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `d${i}/1.csv`));
		},
	);
});
