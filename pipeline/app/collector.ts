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

/** Where its path is not given, it is the one that OTLP has for the signal. */
export function overHttp(address: string, path: "/v1/traces" | "/v1/logs"): string {
	const url = new URL(address);
	if (url.pathname === "/") url.pathname = path;
	return url.href;
}
