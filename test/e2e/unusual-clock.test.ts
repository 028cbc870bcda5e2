import { afterEach, expect, it } from "vitest";
import { createLab } from "#test/support/lab.ts";
import { now, RunningLab } from "#test/support/running-lab.ts";
import { describeWith, requireService } from "#test/support/services.ts";

describeWith("faketime", "when the clock is stepped", () => {
	let running: RunningLab;

	afterEach(async () => {
		await running.end();
	});

	async function stepClock(seconds: number): Promise<void> {
		await running.lab.write("clock", `${seconds < 0 ? "" : "+"}${seconds}`);
	}

	async function start(): Promise<void> {
		const lab = await createLab({
			source: "    complete: { quiet: 2s }",
			files: { clock: "+0" },
			environment: {
				LD_PRELOAD: requireService("faketime"),
				// Relative to the directory of each process: R, which works elsewhere, keeps the true time.
				FAKETIME_TIMESTAMP_FILE: "clock",
				FAKETIME_NO_CACHE: "1",
				FAKETIME_DONT_FAKE_MONOTONIC: "1",
				NO_FAKE_STAT: "1",
			},
		});
		running = await RunningLab.startIn(lab);
	}

	it.each([
		["back", -3_600],
		["forward", 3_600],
	])(
		"%s by an hour, a file that settles and one that comes afterwards wait for their quiet time alone",
		async (way, by) => {
			await start();
			await running.lab.write("data/before.csv", "before\n");
			await running.file("before.csv", "seen");
			await stepClock(by);
			await running.up.says(new RegExp(`clock was stepped by 3(599|600)\\.\\d s ${way}`));
			await running.lab.write("data/after.csv", "after\n");
			await running.results("before.csv", (all) => all.length === 1);
			await running.results("after.csv", (all) => all.length === 1);
			await running.file("after.csv", "analysed");
			expect(now(await running.why("after.csv"))).toMatch(/^analysed/);
		},
	);
});
