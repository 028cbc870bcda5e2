import type { RoleLoad } from "./credits.ts";

export interface FlowLoad extends RoleLoad {
	/** When the event was appended up to which all of the log are resolved: milliseconds since the epoch; undefined before the first. */
	readonly resolvedUpTo: number | undefined;
}
