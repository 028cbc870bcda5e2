import { join } from "node:path";
import { openAccess } from "#domain/access-settings.ts";
import { quietAlerts } from "#domain/alert-settings.ts";
import { defaultObjectives } from "#domain/objectives.ts";
import type { Settings, SourceSettings } from "#domain/settings.ts";
import { embedded, loopback } from "#test/support/embedded.ts";

export const complete = {
	quietMs: 100,
	marker: [],
	rename: [],
	footer: undefined,
	probe: "none",
	minBytes: 0,
} as const;

/** Settings of a lab whose one source, plates, watches data/ below the path; nothing but that runs. */
export function settingsOf(path: string, changes: Partial<SourceSettings>): Settings {
	return {
		file: undefined,
		data: join(path, "state"),
		http: loopback,
		operations: undefined,
		telemetry: { traces: undefined, logs: undefined },
		objectives: defaultObjectives,
		alerts: quietAlerts,
		projects: [],
		access: openAccess,
		graceMs: 10_000,
		services: embedded,
		sources: [
			{
				name: "plates",
				watch: join(path, "data"),
				include: ["**"],
				exclude: [],
				acquisition: "file",
				folders: [],
				group: undefined,
				complete,
				archive: false,
				existing: "process",
				scanEveryMs: 60_000,
				mode: "auto",
				pollEveryMs: 1_000,
				kafka: undefined,
				...changes,
			},
		],
		pipelines: [],
		pools: [],
	};
}
