import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { createLab } from "#test/support/lab.ts";
import { Running } from "#test/support/product.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("Ctrl-C", () => {
	let npm: ChildProcess | undefined;
	afterEach(() => {
		if (npm?.exitCode === null && npm.signalCode === null) process.kill(-(npm.pid as number), "SIGKILL");
	});

	/** A terminal tells every program of the group, and npm passes on what it was told: the demo hears of it twice. */
	it("under npm start ends the demo in good order, with 0, and removes its lab", async () => {
		npm = spawn("npm", ["start"], { cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"] });
		const demo = new Running(npm);
		const [, lab] = await demo.says(/(\/\S+watchrabbit-demo-\w+)/);
		await demo.says(/analysed\s+reader-a\/run-01\.csv/);
		process.kill(-(npm.pid as number), "SIGINT");
		const { code, signal, stderr } = await demo.ended;
		expect({ code, signal }, stderr).toEqual({ code: 0, signal: null });
		expect(stderr).toContain("Ending: what has begun is finished first");
		expect(existsSync(lab as string)).toBe(false);
	});

	it("that comes twice at once still drains, and says so", async () => {
		const lab = await createLab({ script: "Sys.sleep(1)\n" });
		await lab.write("data/plate.csv", "1;2;3\n");
		try {
			const up = lab.start("up");
			await up.says(/plate\.csv runs/);
			up.child.kill("SIGINT");
			await up.says(/finishes what it has begun/);
			up.child.kill("SIGINT");
			const { code, stderr } = await up.ended;
			expect(code, stderr).toBe(0);
			expect(stderr).toContain("role watch ended");
			expect(stderr).toContain("plate.csv analysed in");
		} finally {
			await lab.remove();
		}
	});

	it("waits no longer than the grace of the configuration: what runs is run again at the next start", async () => {
		const lab = await createLab({
			script: "Sys.sleep(as.numeric(wr_params()$seconds))\n",
			pipeline: "    params: { seconds: 300 }",
			more: "grace: 200ms",
		});
		await lab.write("data/plate.csv", "1;2;3\n");
		try {
			const up = lab.start("up");
			await up.says(/plate\.csv runs/);
			up.child.kill("SIGTERM");
			const { code, stderr } = await up.ended;
			expect(code, stderr).toBe(0);
			const [job] = await lab.json<{ state: string; attemptsUsed: number }>("list", "jobs");
			expect(job).toMatchObject({ state: expect.stringMatching(/^(queued|failed)$/), attemptsUsed: 0 });
		} finally {
			await lab.remove();
		}
	});
});
