/** From the loudest to nothing at all. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export function namedLogLevel(wanted: unknown): LogLevel | undefined {
	return logLevels.find((known) => known === wanted);
}
