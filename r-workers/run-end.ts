import type { AnalysisKind } from "#core/ports/analysis-pool.ts";
import type { RVersion } from "#domain/result.ts";
import type { LogBuffer } from "./log-buffer.ts";

/** Who ended a run before it was done. */
export type EndedBy =
	| { readonly kind: "timeout"; readonly ms: number }
	| { readonly kind: "output"; readonly limitBytes: number }
	| { readonly kind: "disk"; readonly limitBytes: number }
	| { readonly kind: "cancelled"; readonly reason: string };

/** How a run ended, seen from outside of R. */
export interface RunEnd {
	/** `said`: R told us itself. `vanished`: its process was suddenly gone. */
	readonly how: "said" | "vanished" | EndedBy;
	readonly log: LogBuffer;
	readonly seconds: number;
	/** The kernel ends a process that writes a file to more than this, bytes; undefined: to any size. */
	readonly largestFileBytes: number | undefined;
	/** The kernel's out-of-memory kills on this machine meanwhile. */
	readonly oomKills: number;
	/** Of the worker, before the script loaded anything. */
	readonly r: RVersion;
	/** What R told on the way: all that is known of a run that left no record. */
	readonly kind: AnalysisKind | undefined;
	readonly warnings: readonly string[];
	/** The largest resident set of the run's process that was seen while it lasted. */
	readonly peakMemoryBytes: number | null;
}

/** What holds for a run while it goes on. */
export interface RunLimits {
	readonly timeoutMs: number;
	readonly outputBytes: number;
	/** What the run's directory may come to hold. */
	readonly disk: { readonly directory: string; readonly limitBytes: number } | undefined;
	/** Called whenever the script says how far it is. */
	readonly progresses: (fraction: number, message: string) => void;
}
