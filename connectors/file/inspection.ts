import type { FileStat } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import type { CompletenessProfile } from "#domain/settings.ts";

/** A file to be looked into, off the main thread. */
export interface Inspection {
	/** Absolute. */
	readonly file: PathString;
	/** What the ledger knows: another file or another version than this is not looked into. */
	readonly stat: FileStat;
	readonly footer: CompletenessProfile["footer"];
	readonly probe: CompletenessProfile["probe"];
}

export type Finding =
	/** Whole, and the same before and after every byte was read. */
	| { readonly kind: "whole"; readonly sha256: string }
	/** What is missing in it, in plain words. */
	| { readonly kind: "incomplete"; readonly missing: string }
	/** Not, or no longer, the version that was asked about. */
	| { readonly kind: "changed" }
	| { readonly kind: "unreadable"; readonly errno: string; readonly message: string }
	| { readonly kind: "aborted" };

/** One message to a worker; `aborted[i]` becomes 1 when nobody wants to know about the i-th any more. */
export interface InspectionBatch {
	readonly inspections: readonly Inspection[];
	readonly aborted: Int32Array<SharedArrayBuffer>;
}
