import { setTimeout as pause } from "node:timers/promises";
import type { Fault } from "./fault.ts";

const mostMsAway = 3_000;

export const redisFaults: readonly Fault[] = [
	{
		name: "redis.flush",
		run: async ({ services }) => {
			await services.direct.redis.client.flushall();
		},
	},
	{
		name: "redis.stop",
		run: async ({ services }, random) => {
			await services.direct.redis.process?.kill();
			await pause(random() * mostMsAway);
			await services.direct.redis.process?.start();
		},
	},
	{
		name: "redis.suspend",
		run: async ({ services }, random) => {
			services.direct.redis.process?.suspend();
			await pause(random() * mostMsAway);
			services.direct.redis.process?.resume();
		},
	},
];
