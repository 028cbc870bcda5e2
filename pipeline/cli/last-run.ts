import type { JobDetail } from "#domain/details.ts";
import { facts } from "./table.ts";
import { manyLines, oneLine, type Terminal } from "./terminal.ts";
import { bytes } from "./words.ts";

/** With what the last attempt of a job ran, and what it warned of, as sections. Of one that completed, its result says it. */
export function lastRun({ attempts, state }: JobDetail, terminal: Terminal): readonly (readonly [string, string])[] {
	const run = attempts.findLast((attempt) => attempt.run !== null)?.run;
	if (state === "completed" || run === undefined || run === null) return [];
	const { engine, kind, seed, peakMemoryBytes, r, warnings } = run;
	const packages = Object.entries(r.packages).map(([name, version]) => `${name} ${version}`);
	const rows = facts(
		[
			["analysis", kind ?? undefined],
			["R", `${r.version}, engine ${engine}`],
			["seed", String(seed)],
			["peak memory", peakMemoryBytes === null ? undefined : bytes(peakMemoryBytes)],
			["packages", oneLine(packages.join(", "))],
		],
		terminal,
	);
	return [
		["Last run", rows],
		["Warnings", warnings.map((warning) => `${manyLines(warning)}\n`).join("")],
	];
}
