import type { Acquisition } from "./acquisition.ts";
import type { Scalar } from "./scalar.ts";

export interface Measurement {
	readonly name: string;
	/** A double; non-finite ones as Scalar says. */
	readonly value: Scalar;
	/** UCUM or the lab's own; empty for a pure number. */
	readonly unit: string;
	/** Specification limits of this value, in its unit: what it should be at least, and at most. */
	readonly lower?: number;
	readonly upper?: number;
}

/** A file that the analysis wrote, or that we wrote for it. */
export interface Artifact {
	/** Path within the result, "/" between the parts. */
	readonly name: string;
	readonly mediaType: string;
	readonly size: number;
	readonly sha256: string;
}

/** A data frame: its columns here, its rows in the artifact of the name given. */
export interface Table {
	readonly name: string;
	readonly rows: number;
	readonly columns: readonly {
		readonly name: string;
		readonly type: ColumnType;
		readonly levels?: readonly string[];
		readonly unit?: string;
	}[];
	/** Name of the artifact that holds the rows, as CSV. */
	readonly artifact: string;
	/** Name of the one that holds them as Parquet, with their types; a table without columns has none. */
	readonly parquet?: string;
}

export type ColumnType =
	| "logical"
	| "integer"
	| "double"
	| "character"
	| "factor"
	| "date"
	| "datetime"
	| "integer64"
	| "other";

export interface RVersion {
	readonly version: string;
	readonly platform: string;
	/** Attached and loaded packages, name to version. */
	readonly packages: Readonly<Record<string, string>>;
	/** Where they come from, name to source: base, CRAN, Bioconductor, GitHub user/repository@commit, local. */
	readonly sources?: Readonly<Record<string, string>>;
}

/** manifest.json: the proof of a result, written after everything it names. Format version 1. */
export interface Manifest {
	readonly format: "watchrabbit.manifest";
	readonly version: 1;
	readonly result: string;
	readonly job: string;
	readonly pipeline: string;
	readonly acquisition: Acquisition & { readonly id: string };
	readonly analysis: {
		readonly file: string;
		/** SHA-256 over script and declared files: the one in the job's identity. */
		readonly digest: string;
		readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
		readonly params: Readonly<Record<string, unknown>>;
	};
	readonly engine: string;
	readonly r: RVersion;
	readonly seed: number;
	readonly attempt: number;
	/** Fencing token under which it was committed. */
	readonly token: number;
	readonly startedAt: string;
	readonly completedAt: string;
	/** Wall-clock seconds of the analysis. */
	readonly seconds: number;
	/** Bytes, or null where the engine cannot tell. */
	readonly peakMemoryBytes: number | null;
	readonly measurements: readonly Measurement[];
	readonly tables: readonly Table[];
	readonly artifacts: readonly Artifact[];
	readonly warnings: readonly string[];
	/** Name of the log's artifact. */
	readonly log: string;
	readonly traceId: string;
}
