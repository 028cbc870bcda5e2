import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { RunUnderWay } from "#r-workers/run-under-way.ts";

test("one that was taken back before it said that it began took no time", async () => {
	const taken = new AbortController();
	const limits = { timeoutMs: 60_000, outputBytes: 1_000, disk: undefined, progresses: () => {} };
	const run = new RunUnderWay(
		"run-1",
		limits,
		taken.signal,
		{ version: "4.2.2", platform: "", packages: {} },
		() => {},
	);
	taken.abort(new Error("not wanted any more"));
	await sleep(5);
	run.started(2 ** 31 - 2);
	run.finish("vanished");
	const { how, seconds } = await run.end;
	expect(how).toEqual({ kind: "cancelled", reason: "not wanted any more" });
	expect(seconds).toBe(0);
});
