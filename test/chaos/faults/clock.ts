import { setTimeout as pause } from "node:timers/promises";
import { requireService } from "#test/support/services.ts";
import { jobLeaseMs } from "../timing.ts";
import type { Fault } from "./fault.ts";

const hourSeconds = 3_600;
const wrongForMs = 5_000;

const steppedRoles = ["watch", "flow", "work"] as const;

/** The clock of one host is set by an hour, while its process runs, and later set right. */
const stepped = (["forward", "back"] as const).flatMap((way) =>
	steppedRoles.map(
		(role): Fault => ({
			name: `clock.${way}-${role}`,
			run: async (site, random) => {
				await site.withRole(role, random, async (process) => {
					const file = `clock-${process.name.replace(" ", "-")}`;
					const set = (seconds: number) => site.at.lab.write(file, `${seconds < 0 ? "" : "+"}${seconds}`);
					await set(0);
					await process.running.stop();
					await process.start(falseClock(file));
					await set(way === "forward" ? hourSeconds : -hourSeconds);
					await pause(wrongForMs);
					await set(0);
					await pause(wrongForMs);
				});
			},
		}),
	),
);

/** A worker that hangs for longer than it may hold a job goes on as if nothing had been. */
const zombie: Fault = {
	name: "clock.zombie-work",
	slow: true,
	run: async (site, random) => {
		await site.withRole("work", random, async (process) => {
			process.signal("SIGSTOP");
			await pause(jobLeaseMs + 5_000);
			process.signal("SIGCONT");
		});
	},
};

export const clockFaults: readonly Fault[] = [...stepped, zombie];

/** What the process takes for the time; R, which works in another directory, keeps the true one. */
function falseClock(file: string): NodeJS.ProcessEnv {
	return {
		LD_PRELOAD: requireService("faketime"),
		FAKETIME_TIMESTAMP_FILE: file,
		FAKETIME_NO_CACHE: "1",
		FAKETIME_DONT_FAKE_MONOTONIC: "1",
		NO_FAKE_STAT: "1",
	};
}
