import { permanent, transient } from "#core/errors.ts";
import type { InternalEvent } from "#domain/report.ts";

type Examples = { readonly [Name in InternalEvent["event"]]: InternalEvent & { readonly event: Name } };

export const exampleTrace = {
	id: "1".repeat(32),
	span: "2".repeat(16),
	traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
};

const { traceparent } = exampleTrace;
const error = permanent("BROKEN", "it does not work", { fix: "Mend it." });
const away = transient("AWAY", "nobody answers", { fix: "Start it." });
const unit = { source: "plates", path: "day 1/a\n.csv", traceparent };
const job = { job: "j1", pipeline: "elisa", pool: "default", source: "plates", key: "day 1/a\n.csv", traceparent };
const alert = {
	alert: "WatchRabbitFailureRate",
	severity: "warning",
	labels: { pipeline: "elisa" },
	summary: "Pipeline elisa: 40% of its attempts failed.",
	runbook: "observability/runbooks/failure-rate.md",
} as const;
const pool = { pool: "default", engine: "fork", why: "R is installed" };

/** One of each event that there is: a new one without an example does not compile. */
export const exampleEvents: Examples = {
	"source.ready": {
		event: "source.ready",
		source: "plates",
		mode: "events",
		why: "ext4",
		directories: 3,
		seconds: 0.1,
	},
	"source.changed": { event: "source.changed", source: "plates", changes: 3 },
	"source.scanned": {
		event: "source.scanned",
		source: "plates",
		mode: "events",
		why: "ext4",
		unaccounted: 1,
		seconds: 0.2,
	},
	"source.trouble": { event: "source.trouble", source: "plates", error },
	"source.standby": { event: "source.standby", source: "plates", share: "/mnt/plates", holder: "host-2", lost: true },
	"source.taken": { event: "source.taken", source: "plates" },
	"units.recognized": { event: "units.recognized", units: 2 },
	"unit.waiting": { event: "unit.waiting", ...unit, for: "2 s of quiet", againMs: 2_000 },
	"unit.settled": { event: "unit.settled", ...unit, files: 1, bytes: 12, secondsAfterLastChange: 2 },
	"unit.refused": { event: "unit.refused", ...unit, error },
	"intake.committed": { event: "intake.committed", arrivals: 3, jobsCreated: 2, jobsLinked: 1, seconds: 0.01 },
	"pipeline.trouble": { event: "pipeline.trouble", pipeline: "elisa", error },
	"pipeline.ready": { event: "pipeline.ready", pipeline: "elisa", analysis: "elisa.R" },
	"objects.opened": {
		event: "objects.opened",
		place: "bucket lab at s3.lab",
		conditionalWrites: true,
		strandedUploads: 1,
	},
	"message.buried": { event: "message.buried", queue: "watchrabbit.files", traceparent, error },
	"job.started": { event: "job.started", ...job, attempt: 1 },
	"job.progress": { event: "job.progress", ...job, fraction: 0.5, message: "plate 3 of 6", at: 1_763_700_000_000 },
	"job.completed": {
		event: "job.completed",
		...job,
		result: "r1",
		runSeconds: 0.2,
		totalSeconds: 3,
		peakMemoryBytes: 9e7,
	},
	"job.failed": {
		event: "job.failed",
		...job,
		code: "R_ERROR",
		message: "no wells",
		outcome: "failed",
		againInMs: 5_000,
		peakMemoryBytes: null,
	},
	"job.fenced": { event: "job.fenced", ...job, token: 2 },
	"job.lost": {
		event: "job.lost",
		...job,
		code: "WORKER_LOST",
		message: "host:1 let its lease end",
		worker: "host:1",
		isDead: false,
	},
	"job.refused": { event: "job.refused", job: "j1", pool: "default", error },
	"jobs.woken": { event: "jobs.woken", retried: 1, reaped: 1 },
	"operations.served": { event: "operations.served", address: "http://127.0.0.1:9090" },
	"partition.taken": { event: "partition.taken", partition: "watchrabbit.files" },
	"partition.lost": { event: "partition.lost", partition: "watchrabbit.files" },
	"partition.left": { event: "partition.left", partition: "watchrabbit.files" },
	"log.replaced": { event: "log.replaced", log: "watchrabbit.files", error },
	"units.republished": { event: "units.republished", units: 3 },
	"pool.starting": { event: "pool.starting", ...pool },
	"pool.ready": { event: "pool.ready", ...pool, workers: 2, seconds: 0.5 },
	"pool.resized": { event: "pool.resized", pool: "default", workers: 3, from: 2 },
	"worker.ready": { event: "worker.ready", pool: "default", seconds: 0.4 },
	"worker.replaced": { event: "worker.replaced", pool: "default", why: "died" },
	"pool.trouble": { event: "pool.trouble", pool: "default", error },
	"pool.retried": { event: "pool.retried", pool: "default", error, attempts: 2, againInMs: 500 },
	"pool.leftover": { event: "pool.leftover", pool: "default", error },
	"neighbour.away": { event: "neighbour.away", neighbour: "catalog", error: away, againInMs: 100 },
	"neighbour.retried": {
		event: "neighbour.retried",
		neighbour: "catalog",
		error: away,
		attempts: 2,
		againInMs: 200,
	},
	"neighbour.looked": { event: "neighbour.looked", neighbour: "catalog", detail: "PostgreSQL", seconds: 0.002 },
	"neighbour.back": { event: "neighbour.back", neighbour: "catalog", attempts: 3 },
	"broker.blocked": { event: "broker.blocked", reason: "low on memory" },
	"broker.unblocked": { event: "broker.unblocked" },
	"broker.differs": { event: "broker.differs", name: "watchrabbit.work.default", error },
	"cache.away": { event: "cache.away", error: away, againInMs: 250 },
	"cache.retried": { event: "cache.retried", error: away, attempts: 4, againInMs: 500 },
	"cache.back": { event: "cache.back" },
	"cache.full": { event: "cache.full", error },
	"cache.asked": { event: "cache.asked", level: "redis", hit: true },
	"telemetry.dropped": { event: "telemetry.dropped", signal: "traces", count: 3, why: "refused", isNews: true },
	"alert.firing": { event: "alert.firing", ...alert },
	"alert.resolved": { event: "alert.resolved", ...alert },
	"alerts.unsent": { event: "alerts.unsent", error: away, againInMs: 1_000 },
	"alerts.broken": { event: "alerts.broken", error },
	"telemetry.taken": { event: "telemetry.taken", signal: "logs", seconds: 0.02 },
	"clock.stepped": { event: "clock.stepped", byMs: -3_600_000 },
	"request.answered": { event: "request.answered", route: "/api/v1/jobs", status: 200, seconds: 0.002 },
	"request.failed": { event: "request.failed", method: "GET", route: "/api/v1/jobs", error },
	"role.starting": { event: "role.starting", role: "flow" },
	"role.started": { event: "role.started", role: "flow" },
	"role.draining": { event: "role.draining", role: "flow" },
	"role.ended": { event: "role.ended", role: "flow" },
	"role.broken": { event: "role.broken", role: "flow", error },
};
