import { counted } from "#domain/counted.ts";
import { displayPath } from "#domain/path.ts";
import type { InternalEvent, Report } from "#domain/report.ts";
import { alertEvents } from "./alert-events.ts";
import { again, type Declaration, type Declarations, tracedBy, why } from "./declaration.ts";
import type { Health } from "./health.ts";
import { jobEvents } from "./job-events.ts";
import { liveEvents } from "./live-events.ts";
import { logFields } from "./log-fields.ts";
import type { Logger } from "./logger.ts";
import { loginEvents } from "./login-events.ts";
import type { Metrics } from "./metrics.ts";
import { neighbourEvents } from "./neighbour-events.ts";
import { operationEvents } from "./operation-events.ts";

export const declarations: Declarations = {
	"source.ready": {
		level: "info",
		say: (e) =>
			`source ${e.source}: watching ${e.directories === 1 ? "1 directory" : `${e.directories} directories`} by ${e.mode} (${e.why}), first scan ${e.seconds.toFixed(2)} s`,
		health: (health, e) => health.set(`source ${e.source}`, "up", `${e.mode}: ${e.why}`),
	},
	"source.changed": {
		level: "trace",
		say: (e) => `source ${e.source}: ${counted(e.changes, "change")}`,
		measure: (metrics, e) => metrics.changes.inc({ source: e.source }, e.changes),
	},
	"source.scanned": {
		level: (e) => (e.unaccounted === 0 ? "debug" : "error"),
		say: (e) =>
			`source ${e.source}: compared with the ledger in ${e.seconds.toFixed(2)} s${e.unaccounted === 0 ? "" : `; the ledger does not keep ${counted(e.unaccounted, "file")}`}`,
		measure: (metrics, e) => {
			metrics.scanSeconds.observe({ source: e.source }, e.seconds);
			metrics.unaccounted.set({ source: e.source }, e.unaccounted);
			metrics.sourceUp.set({ source: e.source }, 1);
		},
		health: (health, e) => {
			const [source, how] = [`source ${e.source}`, `${e.mode}: ${e.why}`];
			health.set(source, "up", how);
			health.looked(source, e.seconds, how);
		},
	},
	"source.trouble": {
		level: "warn",
		say: (e) => `source ${e.source}: ${why(e.error)}`,
		measure: (metrics, e) => metrics.sourceUp.set({ source: e.source }, 0),
		health: (health, e) => health.failed(`source ${e.source}`, e),
	},
	"source.standby": {
		level: (e) => (e.lost ? "warn" : "info"),
		say: (e) => `source ${e.source}: stands by, ${e.share} is watched by ${e.holder}`,
		measure: (metrics, e) => {
			metrics.sourceUp.set({ source: e.source }, 1);
			metrics.unaccounted.remove({ source: e.source });
		},
		health: (health, e) => health.set(`source ${e.source}`, "up", `stands by: ${e.share} is watched by ${e.holder}`),
	},
	"source.taken": {
		level: "info",
		say: (e) => `source ${e.source}: takes over`,
		measure: (metrics, e) => metrics.sourceUp.set({ source: e.source }, 1),
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
			metrics.settleSeconds.observe({ source: e.source }, Math.max(0, e.secondsAfterLastChange), tracedBy(e));
		},
	},
	"unit.refused": {
		level: "warn",
		say: (e) => `${e.source}: ${displayPath(e.path)} is in quarantine: ${why(e.error)}`,
		measure: (metrics, e) => metrics.refused.inc({ source: e.source, code: e.error.code }),
	},
	"group.refused": {
		level: "warn",
		say: (e) =>
			`${e.pipeline ?? e.source}: a group with ${counted(e.members, "member")} is not analysed: ${why(e.error)}`,
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
		health: (health, e) => health.failed(`pipeline ${e.pipeline}`, e),
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
	...jobEvents,
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
	"worker.ready": {
		level: "debug",
		say: (e) => `pool ${e.pool}: an R is ready after ${e.seconds.toFixed(2)} s`,
		measure: (metrics, e) => metrics.poolStartSeconds.observe({ pool: e.pool }, e.seconds),
	},
	"worker.replaced": {
		level: (e) => (e.why === "died" ? "warn" : "debug"),
		say: (e) =>
			`pool ${e.pool}: a warm R is replaced, because it ${{ runs: "had its share of runs", memory: "took more memory than it may", died: "died" }[e.why]}`,
		measure: (metrics, e) => metrics.poolRecycled.inc({ pool: e.pool, why: e.why }),
	},
	"pool.trouble": {
		level: "error",
		say: (e) => `pool ${e.pool}: ${why(e.error)}`,
		health: (health, e) => health.failed(`pool ${e.pool}`, e),
	},
	"pool.leftover": {
		level: "warn",
		say: (e) => `pool ${e.pool}: something of a worker that has ended is left: ${why(e.error)}`,
	},
	...neighbourEvents,
	...alertEvents,
	...liveEvents,
	...loginEvents,
	...operationEvents,
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
	"certificate.read": {
		level: "info",
		say: () => "the certificate of the API was read anew",
	},
	"certificate.unusable": {
		level: "error",
		say: (e) => `the certificate of the API stays the one that it was: ${why(e.error)}`,
	},
	"role.starting": {
		level: "trace",
		say: (e) => `role ${e.role} starts`,
		measure: (metrics, e) => metrics.roleUp.set({ role: e.role }, 0),
		health: (health, e) => health.set(`role ${e.role}`, "starting", "takes over, and looks at what is there"),
	},
	"role.started": {
		level: "debug",
		say: (e) => `role ${e.role} started`,
		measure: (metrics, e) => metrics.roleUp.set({ role: e.role }, 1),
		health: (health, e) => health.set(`role ${e.role}`, "up", "works"),
	},
	"role.draining": {
		level: "debug",
		say: (e) => `role ${e.role} finishes what it has begun`,
		measure: (metrics, e) => metrics.roleUp.set({ role: e.role }, 0),
		health: (health, e) => health.set(`role ${e.role}`, "draining", "finishes what it has begun"),
	},
	"role.ended": {
		level: "debug",
		say: (e) => `role ${e.role} ended`,
		measure: (metrics, e) => metrics.roleUp.set({ role: e.role }, 0),
		health: (health, e) => health.forget(`role ${e.role}`),
	},
	"role.broken": {
		level: "fatal",
		say: (e) => `role ${e.role} is broken: ${why(e.error)}`,
		measure: (metrics, e) => metrics.roleUp.set({ role: e.role }, 0),
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
