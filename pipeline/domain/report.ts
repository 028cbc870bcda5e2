import type { WatchRabbitError } from "#core/errors.ts";
import type { ApiReport } from "./api-report.ts";
import type { JobReport } from "./job-report.ts";
import type { PathString } from "./path.ts";

/** What every event of a unit of the ledger tells. */
interface OfUnit {
	readonly source: string;
	readonly path: PathString;
	readonly traceparent: string;
}

/**
 * What happens inside, told once where it happens. Observability turns each of these into a log line and the metrics
 * that follow from it; nobody else logs or counts.
 */
export type InternalEvent =
	| {
			readonly event: "source.ready";
			readonly source: string;
			readonly mode: string;
			readonly why: string;
			readonly directories: number;
			readonly seconds: number;
	  }
	/** Versions of files that are new to the ledger, since it was told last. */
	| { readonly event: "source.changed"; readonly source: string; readonly changes: number }
	/** All of it was compared with the ledger. */
	| {
			readonly event: "source.scanned";
			readonly source: string;
			readonly mode: string;
			readonly why: string;
			/** Files that the ledger does not know afterwards. */
			readonly unaccounted: number;
			readonly seconds: number;
	  }
	| { readonly event: "source.trouble"; readonly source: string; readonly error: WatchRabbitError }
	/** Another process watches its share; this one takes over when that ends. */
	| {
			readonly event: "source.standby";
			readonly source: string;
			readonly share: string;
			readonly holder: string;
			/** It was ours until now. */
			readonly lost: boolean;
	  }
	| { readonly event: "source.taken"; readonly source: string }
	/** It was held back: what settled meanwhile was published now. */
	| { readonly event: "source.resumed"; readonly source: string; readonly units: number }
	/** Something else is held back than before: in plain words, and how many files are in quarantine by a person. */
	| { readonly event: "pauses.changed"; readonly held: readonly string[]; readonly files: number }
	/** What somebody asked for was carried out by this process, or could not be. */
	| {
			readonly event: "operation.ended";
			readonly kind: string;
			readonly target: string;
			readonly by: string;
			readonly state: "completed" | "failed";
			readonly message: string;
	  }
	/** Found as the catalog knows them: neither read nor published again. */
	| { readonly event: "units.recognized"; readonly units: number }
	| (OfUnit & { readonly event: "unit.waiting"; readonly for: string; readonly againMs: number })
	| (OfUnit & {
			readonly event: "unit.settled";
			readonly files: number;
			readonly bytes: number;
			readonly secondsAfterLastChange: number;
	  })
	/** The ledger has no trace for one that had settled before, and is taken back by the catalog. */
	| (Omit<OfUnit, "traceparent"> & {
			readonly event: "unit.refused";
			readonly traceparent?: string;
			readonly error: WatchRabbitError;
	  })
	/** A member of it never came, and its time is over. */
	| {
			readonly event: "group.refused";
			readonly source: string;
			/** Whose group it is; undefined: the source's. */
			readonly pipeline?: string;
			readonly key: PathString;
			/** That did come. */
			readonly members: number;
			/** Of the first of them. */
			readonly traceparent: string;
			readonly error: WatchRabbitError;
	  }
	| {
			readonly event: "intake.committed";
			readonly arrivals: number;
			readonly jobsCreated: number;
			readonly jobsLinked: number;
			readonly seconds: number;
	  }
	/** What comes for the pipeline waits: its analysis cannot be read or kept. Told once, until `pipeline.ready`. */
	| { readonly event: "pipeline.trouble"; readonly pipeline: string; readonly error: WatchRabbitError }
	| { readonly event: "pipeline.ready"; readonly pipeline: string; readonly analysis: string }
	| {
			readonly event: "objects.opened";
			/** Bucket, prefix and host, in words. */
			readonly place: string;
			/** Whether the server keeps `put if absent` by itself. */
			readonly conditionalWrites: boolean;
			/** Uploads of writers that were killed, taken away. */
			readonly strandedUploads: number;
	  }
	| {
			readonly event: "message.buried";
			readonly queue: string;
			/** Where the message had one. */
			readonly traceparent?: string;
			readonly error: WatchRabbitError;
	  }
	| JobReport
	| { readonly event: "operations.served"; readonly address: string }
	| {
			readonly event: "partition.taken" | "partition.lost" | "partition.left";
			/** Of the log. */
			readonly partition: string;
	  }
	/** A part of the log was deleted, or lost: it is read from its first event, and the edges publish again. */
	| { readonly event: "log.replaced"; readonly log: string; readonly error: WatchRabbitError }
	/** Into logs that may have lost them. */
	| { readonly event: "units.republished"; readonly units: number }
	| { readonly event: "pool.starting"; readonly pool: string; readonly engine: string; readonly why: string }
	| {
			readonly event: "pool.ready";
			readonly pool: string;
			readonly engine: string;
			readonly workers: number;
			readonly why: string;
			readonly seconds: number;
	  }
	/** It has more workers than before, because analyses waited, or fewer, because some idled. */
	| { readonly event: "pool.resized"; readonly pool: string; readonly workers: number; readonly from: number }
	/** One R of it takes runs. */
	| { readonly event: "worker.ready"; readonly pool: string; readonly seconds: number }
	/** A warm R is ended, or has died, and another takes its place. */
	| { readonly event: "worker.replaced"; readonly pool: string; readonly why: "runs" | "memory" | "died" }
	| { readonly event: "pool.trouble"; readonly pool: string; readonly error: WatchRabbitError }
	/** Its R did not start, and is tried again. */
	| {
			readonly event: "pool.retried";
			readonly pool: string;
			readonly error: WatchRabbitError;
			readonly attempts: number;
			readonly againInMs: number;
	  }
	/** A process or a temporary directory of a worker that has ended could not be taken away. */
	| { readonly event: "pool.leftover"; readonly pool: string; readonly error: WatchRabbitError }
	| {
			readonly event: "neighbour.away";
			readonly neighbour: string;
			readonly error: WatchRabbitError;
			readonly againInMs: number;
			/** Nobody called it: it was looked at. */
			readonly byLook?: true;
	  }
	/** It is away, and was tried again. */
	| {
			readonly event: "neighbour.retried";
			readonly neighbour: string;
			readonly error: WatchRabbitError;
			/** In vain so far. */
			readonly attempts: number;
			readonly againInMs: number;
			readonly byLook?: true;
	  }
	/** It was looked at, and answered. */
	| {
			readonly event: "neighbour.looked";
			readonly neighbour: string;
			/** What stands there. */
			readonly detail: string;
			readonly seconds: number;
	  }
	| { readonly event: "neighbour.back"; readonly neighbour: string; readonly attempts: number; readonly byLook?: true }
	/** The broker takes nothing at the moment, for a reason of its own: memory, disk. */
	| { readonly event: "broker.blocked"; readonly reason: string }
	| { readonly event: "broker.unblocked" }
	/** A queue or exchange is there with other arguments than ours, and is used as it is. */
	| { readonly event: "broker.differs"; readonly name: string; readonly error: WatchRabbitError }
	/** Answers come from the catalog until `cache.back`: they take longer, and are as right. */
	| { readonly event: "cache.away"; readonly error: WatchRabbitError; readonly againInMs: number }
	| {
			readonly event: "cache.retried";
			readonly error: WatchRabbitError;
			readonly attempts: number;
			readonly againInMs: number;
	  }
	| { readonly event: "cache.back" }
	| { readonly event: "cache.full"; readonly error: WatchRabbitError }
	/** An answer was asked of one of its levels. */
	| { readonly event: "cache.asked"; readonly level: "memory" | "redis"; readonly hit: boolean }
	| {
			readonly event: "telemetry.dropped";
			readonly signal: string;
			readonly count: number;
			readonly why: string;
			/** Nothing was said of it within the last minute. */
			readonly isNews: boolean;
	  }
	| {
			readonly event: "alert.firing" | "alert.resolved";
			readonly alert: string;
			readonly severity: "critical" | "warning" | "info";
			readonly labels: Readonly<Record<string, string>>;
			/** In words, with the numbers. */
			readonly summary: string;
			/** What to do: a page. */
			readonly runbook: string;
	  }
	/** Told once, until they could be. */
	| { readonly event: "alerts.unsent"; readonly error: WatchRabbitError; readonly againInMs: number }
	/** Told once, until they could be. */
	| { readonly event: "alerts.broken"; readonly error: WatchRabbitError }
	/** A collector took what it was sent, after so long. */
	| { readonly event: "telemetry.taken"; readonly signal: string; readonly seconds: number }
	| { readonly event: "clock.stepped"; readonly byMs: number }
	| ApiReport
	| { readonly event: "certificate.read" }
	| { readonly event: "certificate.unusable"; readonly error: WatchRabbitError }
	| { readonly event: "role.starting" | "role.started" | "role.draining" | "role.ended"; readonly role: string }
	| { readonly event: "role.broken"; readonly role: string; readonly error: WatchRabbitError };

export type Report = (event: InternalEvent) => void;
