import { setTimeout as pause } from "node:timers/promises";
import type { Toxic } from "#test/support/servers/toxiproxy.ts";
import type { LinkName } from "#test/support/unreliable-services.ts";
import type { Fault } from "./fault.ts";

const leastMs = 2_000;
const mostMsMore = 4_000;

const toxics: Readonly<Record<string, Toxic>> = {
	slow: { type: "latency", attributes: { latency: 300 } },
	reset: { type: "reset_peer", attributes: { timeout: 200 } },
	stall: { type: "timeout", attributes: { timeout: 0 } },
};
const links: readonly LinkName[] = ["broker", "postgres", "s3", "redis"];

/** Between all roles and one service. */
export const networkFaults: readonly Fault[] = links.flatMap((link) =>
	Object.entries(toxics).map(
		([how, toxic]): Fault => ({
			name: `network.${link}-${how}`,
			run: async ({ services }, random) => {
				await services.links[link].poison(toxic);
				await pause(leastMs + random() * mostMsMore);
				await services.links[link].mend();
			},
		}),
	),
);
