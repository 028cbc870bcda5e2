import { chmodSync, chownSync, renameSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { createLab } from "#test/support/lab.ts";
import { now, RunningLab } from "#test/support/running-lab.ts";

const nobody = 65_534;

let running: RunningLab;

/** Permissions bind nobody who is root: the product runs as somebody else then. */
async function start(): Promise<void> {
	const lab = await createLab({ source: "    complete: { quiet: 100ms }" });
	if (process.getuid?.() === 0) {
		chownSync(lab.directory, nobody, nobody);
		lab.runAs(nobody);
	}
	running = await RunningLab.startIn(lab);
}

afterEach(async () => {
	await running.end();
});

describe("what may not be read", () => {
	it("is in quarantine with the reason, a file as well as a directory; analysed as soon as it may be read", async () => {
		await start();
		const { lab } = running;
		await lab.write("data/open.csv", "open\n");
		await lab.write("aside/secret.csv", "secret\n");
		await lab.write("aside/closed/inside.csv", "inside\n");
		chmodSync(lab.path("aside/secret.csv"), 0o000);
		chmodSync(lab.path("aside/closed"), 0o000);
		renameSync(lab.path("aside/secret.csv"), lab.path("data/secret.csv"));
		renameSync(lab.path("aside/closed"), lab.path("data/closed"));
		await running.results("open.csv", (all) => all.length === 1);

		await running.file("secret.csv", "quarantined");
		expect(now(await running.why("secret.csv"))).toMatch(
			/^in quarantine: secret\.csv cannot be read: permission denied \(EACCES\)/,
		);
		await running.file("closed", "quarantined");
		expect(now(await running.why("closed"))).toMatch(
			/^in quarantine: the directory cannot be read: permission denied \(EACCES\)/,
		);
		expect((await lab.run("verify")).stdout).toContain("unaccounted: 0");

		chmodSync(lab.path("data/secret.csv"), 0o644);
		chmodSync(lab.path("data/closed"), 0o755);
		await running.results("secret.csv", (all) => all.length === 1);
		await running.results("closed/inside.csv", (all) => all.length === 1);
	});
});
