import { z } from "zod";
import { serviceAddress } from "./service-schema.ts";
import { choice, keys, secret, wholeNumber, wordings } from "./value-kinds.ts";

const share = z.number().min(0).max(1);
wordings.add(share, {
	expected: "a number from 0 to 1",
	fix: () => "Write for example 0.1: one in ten.",
});

const headers = z.record(z.string().regex(/^[A-Za-z0-9_-]+$/), secret);
wordings.add(headers, {
	expected: "a map from names of headers to their values",
	fix: () => "Write for example { authorization: Bearer ... }.",
});

const collector = serviceAddress({
	schemes: ["http", "https"],
	example: "http://collector.lab:4318",
	expected: "the URL of a collector that speaks OTLP",
});

const traces = keys({
	otlp: collector
		.describe(
			"Address of the collector; /v1/traces is added over HTTP where it has no path. What OTEL_EXPORTER_OTLP_ENDPOINT says when left out.",
		)
		.optional(),
	protocol: choice(["http", "grpc"])
		.describe(
			"http: protobuf over HTTP, port 4318 by custom; grpc: port 4317. What OTEL_EXPORTER_OTLP_PROTOCOL says when left out, else http.",
		)
		.optional(),
	headers: headers
		.describe("Sent with every request. Best given as OTEL_EXPORTER_OTLP_HEADERS: they are then in no file.")
		.meta({ examples: [{ authorization: "Bearer ..." }] })
		.prefault({}),
	sample: share
		.describe(
			"The share of acquisitions, and of requests to the API, whose traces are kept, chosen by the trace's id. What fails is always kept.",
		)
		.prefault(1),
	mostPerSecond: wholeNumber(1, 1_000_000)
		.describe(
			"About so many traces are kept a second, of files and folders, of groups and batches, and of requests to the API each: while there are more, the share is less, so that what a burst costs is bounded. This and sample are for traces that begin here: one that comes with a message of Kafka, or with a request, is kept if its sender keeps it, with all files that are told of in it.",
		)
		.prefault(50),
});

const logs = keys({
	otlp: collector.describe("Address of the collector; /v1/logs is added over HTTP where it has no path."),
	protocol: choice(["http", "grpc"])
		.describe("http: protobuf over HTTP, port 4318 by custom; grpc: port 4317.")
		.prefault("http"),
	headers: headers
		.describe("Sent with every request. Best given as OTEL_EXPORTER_OTLP_HEADERS: they are then in no file.")
		.prefault({}),
});

export const telemetry = keys({
	traces: traces.describe("One trace an acquisition, sent to a collector of OpenTelemetry.").optional(),
	logs: logs.describe("The lines of the log, sent to a collector as well.").optional(),
});
