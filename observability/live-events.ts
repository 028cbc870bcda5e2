import { counted } from "#domain/counted.ts";
import { again, type Declarations } from "./declaration.ts";

/** Clients that follow what happens. */
export const liveEvents: Declarations<"live.joined" | "live.left" | "live.sent"> = {
	"live.joined": {
		level: "debug",
		say: (e) => `a client follows over ${e.transport}, of ${e.clients}`,
		measure: (metrics, e) => metrics.liveClients.set({ transport: e.transport }, e.clients),
	},
	"live.left": {
		level: (e) => (e.why === "slow" || e.why === "unavailable" ? "info" : "debug"),
		say: (e) => `a client over ${e.transport} follows no more (${e.why}), ${counted(e.clients, "other")} do`,
		measure: (metrics, e) => {
			metrics.liveClients.set({ transport: e.transport }, e.clients);
			metrics.liveLeft.inc({ why: e.why });
		},
	},
	"live.sent": {
		level: "trace",
		say: (e) =>
			`${counted(e.events, "event")} sent to who follows${e.lagSeconds === undefined ? "" : `, ${again(e.lagSeconds * 1000)} after it happened`}`,
		measure: (metrics, e) => {
			metrics.liveSent.inc({}, e.events);
			if (e.lagSeconds !== undefined) metrics.liveLagSeconds.observe({}, e.lagSeconds);
		},
	},
};
