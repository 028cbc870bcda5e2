import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import type { WatchRabbitError } from "#core/errors.ts";
import { LeftoverSweeper } from "#r-workers/leftover-sweeper.ts";
import { slotVariable } from "#r-workers/sweep.ts";
import { eventually } from "#test/support/product.ts";

test("a leftover that may not be killed, because it is in our own process group, is told and breaks nothing", async () => {
	const slot = `slot-${process.pid}`;
	const child = spawn("sleep", ["300"], { env: { ...process.env, [slotVariable]: slot }, stdio: "ignore" });
	try {
		const told: WatchRabbitError[] = [];
		const view = { slot, leader: undefined, busy: false, child: undefined, endOrphans: undefined };
		const sweeper = new LeftoverSweeper(
			() => [view],
			(error) => told.push(error),
		);
		sweeper.soon();
		await eventually(
			() => told[0],
			() => "it is told",
			10_000,
		);
		expect(told).toMatchObject([{ code: "KILL_REFUSED" }]);
		await sweeper.stop();
	} finally {
		child.kill("SIGKILL");
		await once(child, "exit");
	}
});
