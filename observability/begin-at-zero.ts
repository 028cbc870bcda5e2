import type { Metrics } from "./metrics.ts";

interface Named {
	readonly sources: readonly { readonly name: string }[];
	readonly pipelines: readonly { readonly name: string }[];
}

/**
 * Counters of what the configuration names begin at 0: how much one grew is not to be known of one whose first number is
 * already its first failure.
 */
export function beginAtZero(
	{ attempts, changes, settledFiles, objective }: Metrics,
	{ sources, pipelines }: Named,
): void {
	for (const { name: source } of sources) {
		changes.inc({ source }, 0);
		settledFiles.inc({ source }, 0);
	}
	for (const { name: pipeline } of pipelines) {
		for (const outcome of ["completed", "failed", "lost", "not-ready"]) attempts.inc({ pipeline, outcome }, 0);
	}
	for (const outcome of ["within", "late", "dead"]) objective.inc({ outcome }, 0);
}
