import { setTimeout as pause } from "node:timers/promises";
import type { Fault as Answer } from "#test/support/servers/s3-fault-proxy.ts";
import type { Fault } from "./fault.ts";

const leastMs = 2_000;
const mostMsMore = 4_000;

/** What becomes of the requests and answers of a while. */
const answers: Readonly<Record<string, Answer>> = {
	"internal-error": { kind: "answer", status: 500, code: "InternalError" },
	"slow-down": { kind: "answer", status: 503, code: "SlowDown" },
	hang: { kind: "hang" },
	cut: { kind: "cut" },
	"reset-after-success": { kind: "reset-after-success" },
};

export const s3Faults: readonly Fault[] = Object.entries(answers).map(([name, answer]) => ({
	name: `s3.${name}`,
	run: async ({ services: { s3Faults } }, random) => {
		s3Faults.fail(answer);
		await pause(leastMs + random() * mostMsMore);
		s3Faults.heal();
	},
}));
