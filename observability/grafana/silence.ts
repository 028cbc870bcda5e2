import { metricCatalogue as m } from "../metric-catalogue.ts";
import { told } from "./expressions.ts";

/** Seconds since each source last wrote. */
export const silentSeconds = `time() - ${told(m.lastChange, ["source"])}`;

/** Sources that have been silent for longer than three times their usual pause, and 15 minutes at least. */
export const silent = `${silentSeconds} > clamp_min(3 * ${told(m.usualGap, ["source"])}, 900)`;
