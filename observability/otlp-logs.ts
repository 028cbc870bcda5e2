import { extname } from "node:path";
import { OtlpBatches, type OtlpSettings, type Told } from "./otlp-batches.ts";

/** Lines of the log, as they are, to a collector of OpenTelemetry. */
export class OtlpLogs extends OtlpBatches<string> {
	constructor(settings: OtlpSettings, told: Told) {
		super(new URL(`./otlp-logs-worker${extname(import.meta.url)}`, import.meta.url), settings, told);
	}
}
