import { setTimeout as pause } from "node:timers/promises";
import type { Role } from "#cli/application.ts";
import { partitionLeaseMs } from "../timing.ts";
import type { Fault } from "./fault.ts";

const mostMsUntilItHappens = 1_500;
const everyRole: readonly Role[] = ["watch", "flow", "work", "serve"];

/** What becomes of processes at moments of their own. */
export const processFaults: readonly Fault[] = [
	...everyRole.map(
		(role): Fault => ({
			name: `process.kill-${role}`,
			run: async (site, random) => {
				await pause(random() * mostMsUntilItHappens);
				await site.withRole(role, random, async (process) => {
					await process.kill();
					await process.start();
				});
			},
		}),
	),
	...everyRole.map(
		(role): Fault => ({
			name: `process.terminate-${role}`,
			run: async (site, random) => {
				await site.withRole(role, random, async (process) => {
					await process.running.stop("SIGTERM");
					await process.start();
				});
			},
		}),
	),
	...(["watch", "flow"] as const).map(
		// As on a host that hangs, for longer than it may hold a share.
		(role): Fault => ({
			name: `process.suspend-${role}`,
			run: async (site, random) => {
				await site.withRole(role, random, async (process) => {
					process.signal("SIGSTOP");
					await pause(partitionLeaseMs + 3_000);
					process.signal("SIGCONT");
				});
			},
		}),
	),
];
