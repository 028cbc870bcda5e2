import type { Clock } from "#core/clock.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import type { CatalogStore } from "#core/ports/catalog-store.ts";
import type { EventLog } from "#core/ports/event-log.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { OperationRequest, Requested } from "#core/ports/operations.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import type { Settings, SourceSettings } from "#domain/settings.ts";
import type { WatchMode } from "#domain/watch-mode.ts";
import type { Finding } from "./doctor/finding.ts";

/** What the command line needs of the program; made by the composition root. */
export interface Application {
	/** The state of a configuration, opened beside a running `up` or without one. */
	open(configFile: string | undefined): Promise<Workbench>;
	/** The database of a configuration's catalog, neither made nor migrated by being opened to be read. */
	openStore(configFile: string | undefined, access: "read" | "write"): Promise<CatalogStore>;
	/** Asks for an operation. A job that is run again has its analysis and parameters as they are now, which may make it another job. */
	operate(workbench: Workbench, request: OperationRequest): Promise<Requested>;
	/** What works with a configuration on this machine. */
	processes(configFile: string | undefined): Promise<readonly LocalProcess[]>;
	up(options: UpOptions): Promise<number>;
	demo(options: DemoOptions): Promise<number>;
	tryAnalysis(options: TryOptions): Promise<number>;
	readonly machine: Machine;
}

/** This machine, as the parts see it that have to live with it; `doctor` asks. */
export interface Machine {
	/** How changes in a directory would be noticed. @throws the system's error if it cannot be reached */
	watchMode(path: string, setting: SourceSettings["mode"]): Promise<WatchMode>;
	/** Services that the configuration names: whether they can be used, and what to do where they cannot. */
	services(settings: Settings): AsyncIterable<Finding>;
	/** Where a program is that pools use: the Rscript of those that name none, and what holds R to its limits. */
	findProgram(name: "Rscript" | "prlimit" | "perl"): string | undefined;
}

export interface Workbench {
	readonly settings: Settings;
	readonly ledger: Ledger;
	readonly catalog: Catalog;
	readonly log: EventLog;
	readonly queue: WorkQueue;
	readonly objects: ObjectStore;
	/** By which the catalog is judged. */
	readonly clock: Clock;
	close(): Promise<void>;
}

export interface LocalProcess {
	readonly pid: number;
	/** ISO 8601. */
	readonly startedAt: string;
	readonly command: string;
	/** Where it tells how it is; undefined: nowhere, or not yet. */
	readonly address?: string;
}

export type Role = "watch" | "flow" | "work" | "serve";

export interface UpOptions {
	readonly config: string | undefined;
	readonly roles: readonly Role[];
	/** End by itself when nothing is left to do: 0, or 1 when a job or a message is dead, or 3 when a share is away or something is held back. */
	readonly untilIdle: boolean;
	/** Write what Prometheus, Alertmanager and Grafana need; into a directory below the data directory where none is given. */
	readonly observe: { readonly directory: string | undefined } | undefined;
	readonly json: boolean;
}

export interface DemoOptions {
	readonly untilIdle: boolean;
	/** Keep the demo's tree here instead of removing a temporary one. */
	readonly keep: string | undefined;
	readonly json: boolean;
}

export interface TryOptions {
	readonly config: string | undefined;
	readonly file: string;
	readonly pipeline: string;
	readonly json: boolean;
}
