import { counted } from "#domain/counted.ts";
import { displayPath } from "#domain/path.ts";
import { progressInWords } from "#domain/progress-in-words.ts";
import type { InternalEvent, Report } from "#domain/report.ts";
import { again, type Declaration, type Declarations, why } from "./declaration.ts";
import type { Health } from "./health.ts";
import { logFields } from "./log-fields.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { neighbourEvents } from "./neighbour-events.ts";

export const declarations: Declarations = {
	"source.ready": {
		level: "info",
		say: (e) =>
			`source ${e.source}: watching ${e.directories === 1 ? "1 directory" : `${e.directories} directories`} by ${e.mode} (${e.why}), first scan ${e.seconds.toFixed(2)} s`,
		health: (health, e) => health.set(`source ${e.source}`, "up", `${e.mode}: ${e.why}`),
	},
	"source.trouble": {
		level: "warn",
		say: (e) => `source ${e.source}: ${why(e.error)}`,
		health: (health, e) => health.set(`source ${e.source}`, "down", why(e.error)),
	},
	"source.standby": {
		level: (e) => (e.lost ? "warn" : "info"),
		say: (e) => `source ${e.source}: stands by, ${e.share} is watched by ${e.holder}`,
		health: (health, e) => health.set(`source ${e.source}`, "up", `stands by: ${e.share} is watched by ${e.holder}`),
	},
	"source.taken": {
		level: "info",
		say: (e) => `source ${e.source}: takes over`,
		health: (health, e) => health.set(`source ${e.source}`, "up", "took over"),
	},
	"units.recognized": {
		level: "info",
		say: (e) => `${counted(e.units, "acquisition")} known to the catalog, and not read again`,
	},
	"unit.waiting": {
		level: "debug",
		say: (e) => `${e.source}: ${displayPath(e.path)} waits for ${e.for}, next look in ${again(e.againMs)}`,
	},
	"unit.settled": {
		level: "info",
		say: (e) => `${e.source}: ${displayPath(e.path)} is complete (${counted(e.files, "file")}, ${e.bytes} bytes)`,
		measure: (metrics, e) => {
			metrics.settledFiles.inc({ source: e.source }, e.files);
			metrics.settledBytes.inc({ source: e.source }, e.bytes);
			metrics.settleSeconds.observe({ source: e.source }, Math.max(0, e.secondsAfterLastChange));
		},
	},
	"unit.refused": {
		level: "warn",
		say: (e) => `${e.source}: ${displayPath(e.path)} is in quarantine: ${why(e.error)}`,
		measure: (metrics, e) => metrics.refused.inc({ source: e.source, code: e.error.code }),
	},
	"intake.committed": {
		level: "debug",
		say: (e) =>
			`${counted(e.arrivals, "acquisition")} taken in: ${counted(e.jobsCreated, "job")} made, ${e.jobsLinked} linked to jobs that existed`,
		measure: (metrics, e) => {
			metrics.jobsCreated.inc({}, e.jobsCreated);
			metrics.jobsLinked.inc({}, e.jobsLinked);
			metrics.intakeSeconds.observe({}, e.seconds);
		},
	},
	"pipeline.trouble": {
		level: "error",
		say: (e) => `pipeline ${e.pipeline}: ${why(e.error)}`,
		health: (health, e) => health.set(`pipeline ${e.pipeline}`, "down", why(e.error)),
	},
	"pipeline.ready": {
		level: "info",
		say: (e) => `pipeline ${e.pipeline} goes on: its analysis ${e.analysis} is back`,
		health: (health, e) => health.set(`pipeline ${e.pipeline}`, "up", e.analysis),
	},
	"objects.opened": {
		level: "info",
		say: (e) =>
			`objects are kept in ${e.place}; the server ${e.conditionalWrites ? "keeps" : "does not keep"} conditional writes${e.strandedUploads === 0 ? "" : `; ${counted(e.strandedUploads, "stranded upload")} taken away`}`,
	},
	"message.buried": {
		level: "error",
		say: (e) => `a message of ${e.queue} cannot be read and was kept whole: ${why(e.error)}`,
		measure: (metrics, e) => metrics.deadLetters.inc({ queue: e.queue }),
	},
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
			metrics.runSeconds.observe({ pipeline: e.pipeline }, e.runSeconds);
			metrics.totalSeconds.observe({ pipeline: e.pipeline }, Math.max(0, e.totalSeconds));
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
		measure: (metrics, e) =>
			metrics.attempts.inc({ pipeline: e.pipeline, outcome: e.outcome === "dead" ? "failed" : e.outcome }),
	},
	"job.fenced": {
		level: "warn",
		say: (e) => `job ${e.job} was taken over by another worker: this one's work (token ${e.token}) is dropped`,
		measure: (metrics, e) => metrics.fenced.inc({ pool: e.pool }),
	},
	"job.refused": {
		level: "error",
		say: (e) => `job ${e.job} cannot be run, and is dead: ${why(e.error)}`,
	},
	"jobs.woken": {
		level: "debug",
		say: (e) => `${counted(e.retried, "job")} tried again, ${e.reaped} taken from workers that are gone`,
	},
	"operations.served": {
		level: "info",
		say: (e) => `health and metrics are at ${e.address}/health/ready and /metrics`,
	},
	"partition.taken": { level: "debug", say: (e) => `reads ${e.partition}` },
	"partition.lost": { level: "warn", say: (e) => `reads ${e.partition} no more: another process was given it` },
	"partition.left": { level: "debug", say: (e) => `leaves ${e.partition} to another process` },
	"log.replaced": { level: "warn", say: (e) => why(e.error) },
	"units.republished": {
		level: "info",
		say: (e) => `published again, because the log may have lost it: ${counted(e.units, "acquisition")}`,
	},
	"pool.starting": {
		level: "debug",
		say: (e) => `pool ${e.pool} starts its R, engine ${e.engine} (${e.why})`,
		health: (health, e) => health.set(`pool ${e.pool}`, "starting", `engine ${e.engine}: ${e.why}`),
	},
	"pool.ready": {
		level: "info",
		say: (e) =>
			`pool ${e.pool}: ${counted(e.workers, "worker")}, engine ${e.engine} (${e.why}), ready in ${e.seconds.toFixed(2)} s`,
		health: (health, e) => health.set(`pool ${e.pool}`, "up", `engine ${e.engine}: ${e.why}`),
	},
	"pool.resized": {
		level: "info",
		say: (e) =>
			`pool ${e.pool}: ${counted(e.workers, "worker")}, ${e.workers > e.from ? "one more, because analyses waited" : "one less, because some idled"}`,
	},
	"pool.trouble": {
		level: "error",
		say: (e) => `pool ${e.pool}: ${why(e.error)}`,
		health: (health, e) => health.set(`pool ${e.pool}`, "down", why(e.error)),
	},
	"pool.leftover": {
		level: "warn",
		say: (e) => `pool ${e.pool}: something of a worker that has ended is left: ${why(e.error)}`,
	},
	...neighbourEvents,
	"clock.stepped": {
		level: "warn",
		say: (e) =>
			`the clock was stepped by ${again(Math.abs(e.byMs))} ${e.byMs < 0 ? "back" : "forward"}: waits move with it`,
	},
	"request.answered": {
		level: "trace",
		say: (e) => `${e.route}: ${e.status} in ${again(e.seconds * 1000)}`,
		measure: (metrics, e) => metrics.requestSeconds.observe({ route: e.route, status: String(e.status) }, e.seconds),
	},
	"request.failed": {
		level: "error",
		say: (e) => `${e.method} ${e.route}: ${why(e.error)}`,
	},
	"role.starting": {
		level: "trace",
		say: (e) => `role ${e.role} starts`,
		health: (health, e) => health.set(`role ${e.role}`, "starting", "takes over, and looks at what is there"),
	},
	"role.started": {
		level: "debug",
		say: (e) => `role ${e.role} started`,
		health: (health, e) => health.set(`role ${e.role}`, "up", "works"),
	},
	"role.draining": {
		level: "debug",
		say: (e) => `role ${e.role} finishes what it has begun`,
		health: (health, e) => health.set(`role ${e.role}`, "draining", "finishes what it has begun"),
	},
	"role.ended": {
		level: "debug",
		say: (e) => `role ${e.role} ended`,
		health: (health, e) => health.forget(`role ${e.role}`),
	},
	"role.broken": {
		level: "fatal",
		say: (e) => `role ${e.role} is broken: ${why(e.error)}`,
		health: (health, e) => health.set(`role ${e.role}`, "broken", why(e.error)),
	},
};

export interface Observers {
	readonly logger: Logger;
	readonly metrics?: Metrics;
	readonly health?: Health;
}

/** Turns what happens inside into a log line, metrics and health. */
export function createReport({ logger, metrics, health }: Observers): Report {
	return (event) => {
		const { level, say, measure, health: judge } = declarations[event.event] as Declaration<InternalEvent>;
		const loudness = typeof level === "function" ? level(event) : level;
		if (loudness !== "silent" && logger.isLevelEnabled(loudness)) logger[loudness](logFields(event), say(event));
		if (metrics !== undefined) measure?.(metrics, event);
		if (health !== undefined) judge?.(health, event);
	};
}
