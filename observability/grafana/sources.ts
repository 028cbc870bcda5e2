import { thresholds } from "../alerts/thresholds.ts";
import { metricCatalogue as m } from "../metric-catalogue.ts";
import { summed, told, worst } from "./expressions.ts";
import type { Column } from "./tables.ts";

/** Seconds since each source last wrote. */
export const silentSeconds = `time() - ${told(m.lastChange, ["source"])}`;

const { times, atLeastSeconds } = thresholds.silence;

/** Sources that are silent as the alert InstrumentSilent has it. */
export const silent = `${silentSeconds} > clamp_min(${times} * ${told(m.usualGap, ["source"])}, ${atLeastSeconds})`;

/** What tables say of a source. */
export const sourceColumns = {
	watched: {
		name: "Watched",
		expression: worst(m.sourceUp, ["source"]),
		unit: "none",
		words: { 0: "in trouble", 1: "yes" },
		steps: { bad: 1, falling: true },
	},
	silentFor: { name: "Silent for", expression: silentSeconds, unit: "s" },
	usualPause: { name: "Usual pause", expression: told(m.usualGap, ["source"]), unit: "s" },
	notComplete: {
		name: "Not complete",
		expression: summed(m.files, ["source"], { state: "seen|settling|stored" }),
		unit: "none",
	},
	quarantine: {
		name: "Quarantine",
		expression: summed(m.files, ["source"], { state: "quarantined" }),
		unit: "none",
		steps: { worrying: 1 },
	},
} satisfies Readonly<Record<string, Column>>;
