import type { Role } from "#cli/application.ts";
import { version } from "#core/version.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { OtlpLogs } from "#observability/otlp-logs.ts";
import { addressOf, tellsOf } from "./collector.ts";

const timeoutMs = 5_000;

/** The lines of the log on their way to a collector, where one is configured. */
export interface SentLogs {
	readonly copy: (line: string) => void;
	/** From now on who is told of lines that nobody took: the log is there before those who count. */
	tell(report: Report): void;
	/** Resolves within a second, with what could be sent. */
	close(): Promise<void>;
}

export function sentLogs({ telemetry: { logs } }: Settings, roles: readonly Role[]): SentLogs | undefined {
	if (logs === undefined) return undefined;
	let report: Report = () => {};
	const { protocol, headers } = logs;
	const url = addressOf(logs.otlp, protocol, "logs");
	const settings = { url, protocol, headers, timeoutMs, version: version(), roles };
	const lines = new OtlpLogs(
		settings,
		tellsOf("logs", (event) => report(event)),
	);
	return {
		copy: (line) => lines.add(line),
		tell: (to) => {
			report = to;
		},
		close: () => lines.close(),
	};
}
