import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { kill } from "#r-workers/kill.ts";
import { type ProcessEntry, processEntry } from "#r-workers/processes.ts";
import { isLed } from "#r-workers/sweep.ts";

test("a worker that never started, whose pid is 0, leads no process: what the system itself runs is not killed", () => {
	const system: ProcessEntry = { pid: 17, state: "S", group: 0, session: 0, startTicks: 5 };
	expect(isLed(system, undefined)).toBe(false);
	expect(isLed(system, { ...system, pid: 0 })).toBe(false);
});

test("a worker leads its session, as long as its pid is its own", async () => {
	const child = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
	const exited = once(child, "exit");
	const leader = processEntry(child.pid as number) as ProcessEntry;
	const member = { ...leader, pid: leader.pid + 1 };
	expect(isLed(member, leader)).toBe(true);
	expect(isLed(member, { ...leader, startTicks: leader.startTicks - 1 })).toBe(false);
	expect(isLed({ ...member, session: leader.pid + 2 }, leader)).toBe(false);
	kill(leader.pid, () => true);
	await exited;
	expect(isLed(member, leader)).toBe(true);
});
