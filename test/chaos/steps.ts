import type { Role } from "#cli/application.ts";

/** On the way of one file the places where a process may die, in their order, and whose process it is. */
export const steps = {
	"after-publish": "watch", // and before the ledger knows
	"after-offset": "flow", // and before the outbox is relayed
	"after-r": "work", // and before anything is stored
	"after-artifacts": "work", // and before the manifest
	"after-manifest": "work", // and before the commit
	"after-commit": "work", // and before the delivery is acknowledged
} as const satisfies Record<string, Role>;

export type Step = keyof typeof steps;
export const stepNames = Object.keys(steps) as Step[];

/** Environment variables of a process that is to die: at which step, and when it comes there for the n-th time. */
export const killAtStep = "WATCHRABBIT_CHAOS_KILL_AT";
export const killAtTurn = "WATCHRABBIT_CHAOS_KILL_AT_TURN";

/** What it writes last, followed by what was under way: the attempt (job and token), where it is one. */
export function dyingWords(step: Step): string {
	return `dies at the step ${step}:`;
}
