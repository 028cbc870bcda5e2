import { again, type Declarations, why } from "./declaration.ts";

/** Alerts that a process evaluates itself. */
export const alertEvents: Declarations<"alert.firing" | "alert.resolved" | "alerts.unsent" | "alerts.broken"> = {
	"alert.firing": {
		level: (e) => (e.severity === "critical" ? "error" : e.severity === "warning" ? "warn" : "info"),
		say: (e) => `${e.alert} (${e.severity}): ${e.summary} What to do: ${e.runbook}`,
	},
	"alert.resolved": { level: "info", say: (e) => `${e.alert} is over: ${e.summary}` },
	"alerts.unsent": {
		level: "warn",
		say: (e) => `alerts could not be sent: ${why(e.error)}, again in ${again(e.againInMs)}`,
	},
	"alerts.broken": {
		level: "error",
		say: (e) => `alerts could not be evaluated, and are at the next turn: ${why(e.error)}`,
	},
};
