import { extname } from "node:path";
import { OtlpBatches, type OtlpSettings, type Told } from "./otlp-batches.ts";
import type { Span, SpanSink } from "./span.ts";

/** Spans to a collector of OpenTelemetry. */
export class OtlpSpans extends OtlpBatches<Span> implements SpanSink {
	constructor(settings: OtlpSettings, told: Told) {
		super(new URL(`./otlp-worker${extname(import.meta.url)}`, import.meta.url), settings, told);
	}
}
