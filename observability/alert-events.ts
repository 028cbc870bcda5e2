import { again, type Declarations, why } from "./declaration.ts";

/** Alerts that a process evaluates itself. */
export const alertEvents: Declarations<"alert.firing" | "alert.resolved" | "alerts.unsent"> = {
	"alert.firing": {
		level: (e) => (e.severity === "critical" ? "error" : e.severity === "warning" ? "warn" : "info"),
		say: (e) => `${e.alert} (${e.severity}): ${e.summary} What to do: ${e.runbook}`,
	},
	"alert.resolved": { level: "info", say: (e) => `${e.alert} is over: ${e.summary}` },
	"alerts.unsent": {
		level: "warn",
		say: (e) => `alerts could not be sent: ${why(e.error)}, again in ${again(e.againInMs)}`,
	},
};
