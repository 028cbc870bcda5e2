import type { Project } from "./access.ts";
import type { AccessSettings } from "./access-settings.ts";
import type { AlertSettings } from "./alert-settings.ts";
import type { HttpSettings, ListenAddress } from "./http-settings.ts";
import type { Objectives } from "./objectives.ts";
import type { PathString } from "./path.ts";
import type { TelemetrySettings } from "./telemetry-settings.ts";

/** The configuration after validation: paths absolute, durations in milliseconds, sizes in bytes, defaults filled in. */
export interface Settings {
	/** The configuration file; undefined for one built in memory. */
	readonly file: string | undefined;
	/** Directory of the embedded state. */
	readonly data: string;
	/** Of the API. */
	readonly http: HttpSettings;
	/** Of health and metrics, where there is no API. */
	readonly operations: ListenAddress | undefined;
	readonly sources: readonly SourceSettings[];
	readonly pipelines: readonly PipelineSettings[];
	readonly pools: readonly PoolSettings[];
	/** How long each role may take to finish what it has begun when the process is told to end. */
	readonly graceMs: number;
	readonly services: ServiceSettings;
	readonly telemetry: TelemetrySettings;
	readonly objectives: Objectives;
	readonly alerts: AlertSettings;
	readonly projects: readonly Project[];
	readonly access: AccessSettings;
}

/** Services that take the place of what is embedded; undefined: embedded. */
export interface ServiceSettings {
	readonly broker: BrokerSettings | undefined;
	readonly catalog: CatalogSettings | undefined;
	readonly objects: ObjectsSettings | undefined;
	readonly cache: CacheSettings | undefined;
	/** Beside the others, in place of nothing. */
	readonly kafka: KafkaSettings | undefined;
}

/** Files in PEM, absolute paths. */
export interface TlsSettings {
	readonly ca: string | undefined;
	readonly cert: string | undefined;
	readonly key: string | undefined;
}

export interface BrokerSettings {
	/** amqp:// or amqps://, with user, password and virtual host. */
	readonly url: string;
	readonly partitions: number;
	readonly retention: { readonly ageMs: number; readonly bytes: number };
	readonly tls: TlsSettings | undefined;
}

export interface CatalogSettings {
	/** postgres://, with user, password and database. */
	readonly url: string;
	/** Of one process, at most. */
	readonly connections: number;
	readonly statementTimeoutMs: number;
	readonly tls: TlsSettings | undefined;
}

export interface ObjectsSettings {
	readonly bucket: string;
	/** What every key begins with: empty, or ending with "/". */
	readonly prefix: string;
	readonly endpoint: string | undefined;
	readonly region: string | undefined;
	readonly pathStyle: boolean;
	/** By the server; undefined: as the bucket says. */
	readonly encryption: { readonly kmsKey: string | undefined } | undefined;
}

export interface CacheSettings {
	/** redis://, rediss://, or with +sentinel or +cluster behind the scheme's name. */
	readonly url: string;
	readonly sentinelPassword: string | undefined;
	readonly tls: TlsSettings | undefined;
}

export interface SourceSettings {
	readonly name: string;
	/** Absolute path of the watched root. */
	readonly watch: PathString;
	/** Globs relative to the root; a path must match one of these ... */
	readonly include: readonly string[];
	/** ... and none of these. */
	readonly exclude: readonly string[];
	readonly acquisition: "file" | "folder" | "group";
	/** For `folder`: globs of the directories that are acquisitions; default each directory right below the root. */
	readonly folders: readonly string[];
	/** For `group`: how members find one another. */
	readonly group: GroupSettings | undefined;
	readonly complete: CompletenessProfile;
	/** Whether its files are kept in the object store as well, and read back, before they count as complete. */
	readonly archive: boolean;
	/** What was there at the first start. */
	readonly existing: "process" | "ignore" | { readonly since: number };
	readonly scanEveryMs: number;
	/** `auto` asks the file system's type. */
	readonly mode: "auto" | "events" | "poll";
	readonly pollEveryMs: number;
	/** Messages that tell of its files, or bring them. */
	readonly kafka: KafkaTopicSettings | undefined;
}

export interface KafkaTopicSettings {
	readonly topic: string;
	/** `announce`: a message names a file below the watched root; `carry`: it is the file, to be put there. */
	readonly form: "announce" | "carry";
	/** Its members share the messages. */
	readonly group: string;
}

/** When an acquisition is complete: everything that is given must hold. */
export interface CompletenessProfile {
	/** Nothing changed for so long. Always asked for. */
	readonly quietMs: number;
	/** Names of marker files, all of them needed: relative to the folder, or beside a file with {name} and {stem} filled in. */
	readonly marker: readonly string[];
	/** Globs of temporary names: such a path is never complete, its final name is. */
	readonly rename: readonly string[];
	/** Bytes or a regular expression near the end of the file. */
	readonly footer: { readonly pattern: string; readonly flags: string; readonly withinBytes: number } | undefined;
	/** Structural checks by what the file is. */
	readonly probe: "none" | "auto" | "gzip" | "zip" | "xml" | "json" | "hdf5";
	readonly minBytes: number;
}

/** `group` as a stage, and as the `group` of a source. */
export interface GroupSettings {
	/** Regular expression over the path's name; its named captures are the group's key, `member` (if captured) names the part. */
	readonly by: string;
	/** Complete when so many members are there ... */
	readonly count: number | undefined;
	/** ... or when each of these values of the capture `member` is. */
	readonly members: readonly string[] | undefined;
	/** How long to wait for the last member, counted from the first. */
	readonly timeMs: number;
	/** What becomes of a group whose time is over: analysed as it is and marked incomplete, or rejected with the reason. */
	readonly incomplete: "reject" | "analyse";
}

export interface BatchSettings {
	readonly count: number | undefined;
	readonly bytes: number | undefined;
	readonly timeMs: number;
}

export type StageSettings =
	| { readonly stage: "group"; readonly group: GroupSettings }
	| { readonly stage: "batch"; readonly batch: BatchSettings }
	| { readonly stage: "route"; readonly route: RouteSettings }
	| { readonly stage: "custom"; readonly name: string };

/** Only acquisitions whose key matches go on; the others are done for this pipeline. */
export interface RouteSettings {
	readonly match: string;
}

export interface PipelineSettings {
	readonly name: string;
	/** Source whose acquisitions come in. */
	readonly from: string;
	readonly stages: readonly StageSettings[];
	readonly analysis: AnalysisSettings;
	readonly params: Readonly<Record<string, unknown>>;
	readonly pool: string;
	readonly timeoutMs: number;
	readonly priority: number;
	readonly retry: RetrySettings;
	/** Classes of R conditions that may pass: an error of one of them is tried again. */
	readonly retryOn: readonly string[];
}

export interface AnalysisSettings {
	/** Absolute path of the script, or of the folder that is the analysis; `pkg::fun` for a package's function. */
	readonly file: string;
	/** Absolute paths of files that belong to it. */
	readonly files: readonly string[];
	/** Absolute path of the folder that belongs to the script, with its library. */
	readonly project?: string;
}

export interface RetrySettings {
	/** Attempts in all, the first one included. */
	readonly attempts: number;
	/** Delay before the second attempt; doubles with each further one, up to `maxBackoffMs`, with jitter. */
	readonly backoffMs: number;
	readonly maxBackoffMs: number;
}

export interface PoolSettings {
	readonly name: string;
	/** Runs at a time, at most. */
	readonly workers: number;
	/** So many at first, and one more whenever a run has waited this long for its turn; undefined: all from the start. */
	readonly autoscale: { readonly least: number; readonly waitMs: number } | undefined;
	readonly engine: "auto" | "fork" | "spare" | "wasm";
	readonly preload: readonly string[];
	/** Memory limit of one job, bytes; undefined for none. */
	readonly memoryBytes: number | undefined;
	/** Upper limit of what a job may print, bytes: more ends it. */
	readonly outputBytes: number;
	/** Upper limit of what a job's directory may hold, its temporary files included, bytes; undefined for none. */
	readonly diskBytes: number | undefined;
	/** Upper limit of files and connections that a job has open at once. */
	readonly openFiles: number;
	/** What a job gets of a core that others want as well, beside 1 for each of them. */
	readonly cpuShare: number;
	/** Path of Rscript; undefined looks it up in PATH. */
	readonly rscript: string | undefined;
	/** Variables that its processes have of ours, beside those that every R needs; the last character may be `*`. */
	readonly environment: readonly string[];
	/** Absolute paths of directories with R packages, before those that R knows. */
	readonly libraries: readonly string[];
	/** A warm R is replaced after so many runs; undefined: as it is best. */
	readonly recycleRuns: number | undefined;
	/** ... and as soon as it takes more memory than this, bytes; undefined: however much it takes. */
	readonly recycleBytes: number | undefined;
}

export interface KafkaSettings {
	/** host:port */
	readonly brokers: readonly string[];
	readonly topicPrefix: string;
	readonly login:
		| {
				readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
				readonly username: string;
				readonly password: string;
		  }
		| undefined;
	readonly tls: TlsSettings | undefined;
}
