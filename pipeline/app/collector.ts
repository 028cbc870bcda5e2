import type { Report } from "#domain/report.ts";
import type { Told } from "#observability/otlp-batches.ts";

/** Of a collector that takes nothing no more is said. */
const sayAgainMs = 60_000;

/** Tells of a collector whether it takes what it is sent: spans, or lines. */
export function tellsOf(signal: "traces" | "logs", report: Report): Told {
	let saidAt = Number.NEGATIVE_INFINITY;
	return {
		dropped: (count, why) => {
			const now = performance.now();
			const isNews = now - saidAt >= sayAgainMs;
			if (isNews) saidAt = now;
			report({ event: "telemetry.dropped", signal, count, why, isNews });
		},
		taken: (seconds) => report({ event: "telemetry.taken", signal, seconds }),
	};
}

/** Over HTTP, where its path is not given, it is the one that OTLP has for the signal. */
export function addressOf(address: string, protocol: "http" | "grpc", signal: "traces" | "logs"): string {
	const url = new URL(address);
	if (protocol === "grpc" || url.pathname !== "/") return address;
	return new URL(`/v1/${signal}`, url).href;
}
