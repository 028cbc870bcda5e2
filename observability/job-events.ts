import { displayPath } from "#domain/path.ts";
import { progressInWords } from "#domain/progress-in-words.ts";
import { again, type Declarations, tracedBy, why } from "./declaration.ts";
import type { Metrics } from "./metrics.ts";

/** What becomes of jobs. */
export const jobEvents: Declarations<
	"job.started" | "job.progress" | "job.completed" | "job.failed" | "job.lost" | "job.fenced" | "job.refused"
> = {
	"job.started": {
		level: "debug",
		say: (e) => `${e.pipeline}: ${displayPath(e.key)} runs, attempt ${e.attempt} (job ${e.job})`,
	},
	"job.progress": {
		level: "info",
		say: (e) => `${e.pipeline}: ${displayPath(e.key)} at ${progressInWords(e)}`,
	},
	"job.completed": {
		level: "info",
		say: (e) => `${e.pipeline}: ${displayPath(e.key)} analysed in ${e.runSeconds.toFixed(2)} s`,
		measure: (metrics, e) => {
			metrics.attempts.inc({ pipeline: e.pipeline, outcome: "completed" });
			metrics.runSeconds.observe({ pipeline: e.pipeline }, e.runSeconds, tracedBy(e));
			metrics.totalSeconds.observe({ pipeline: e.pipeline }, Math.max(0, e.totalSeconds), tracedBy(e));
			countEnd(metrics, e, e.totalSeconds * 1000 <= metrics.resultWithinMs ? "within" : "late");
			measureMemory(metrics, e);
		},
	},
	"job.failed": {
		level: (e) => (e.outcome === "dead" ? "error" : e.outcome === "not-ready" ? "info" : "warn"),
		say: (e) => {
			const next = e.againInMs === undefined ? "" : `, again in ${again(e.againInMs)}`;
			const what = e.outcome === "dead" ? "is dead" : e.outcome === "not-ready" ? "is not ready" : e.outcome;
			return `${e.pipeline}: ${displayPath(e.key)} ${what}: ${e.code}: ${e.message}${next} (job ${e.job})`;
		},
		/** The attempt that ends a job failed like those before it: the gauge of dead jobs tells the rest. */
		measure: (metrics, e) => {
			metrics.attempts.inc({ pipeline: e.pipeline, outcome: e.outcome === "dead" ? "failed" : e.outcome });
			if (e.outcome !== "not-ready") metrics.failures.inc({ pipeline: e.pipeline, code: e.code });
			if (e.outcome === "dead") countEnd(metrics, e, "dead");
			measureMemory(metrics, e);
		},
	},
	"job.lost": {
		level: (e) => (e.isDead ? "error" : "warn"),
		say: (e) => {
			const what = e.isDead ? "is dead" : "is queued again";
			return `${e.pipeline}: ${displayPath(e.key)} ${what}: ${e.code}: ${e.message} (job ${e.job})`;
		},
		measure: (metrics, e) => {
			metrics.attempts.inc({ pipeline: e.pipeline, outcome: "lost" });
			metrics.failures.inc({ pipeline: e.pipeline, code: e.code });
			if (e.isDead) countEnd(metrics, e, "dead");
		},
	},
	"job.fenced": {
		level: "warn",
		say: (e) =>
			`job ${e.job} is another worker's by now, or was cancelled: this one's work (token ${e.token}) is dropped`,
		measure: (metrics, e) => metrics.fenced.inc({ pool: e.pool }),
	},
	"job.refused": {
		level: "error",
		say: (e) => `job ${e.job} cannot be run, and is dead: ${why(e.error)}`,
		measure: (metrics, e) => countEnd(metrics, e, "dead"),
	},
};

function countEnd({ objective }: Metrics, e: { readonly promised: boolean }, outcome: "within" | "late" | "dead") {
	if (e.promised) objective.inc({ outcome });
}

function measureMemory(
	{ runPeakMemory }: Metrics,
	e: { readonly pool: string; readonly peakMemoryBytes: number | null },
) {
	if (e.peakMemoryBytes !== null) runPeakMemory.observe({ pool: e.pool }, e.peakMemoryBytes);
}
