/** What the host of webR is told of a run. */
export interface WasmLine {
	/** The request as R code. */
	readonly request: string;
	/** Directories of this machine that R is to see, under the same paths. */
	readonly mounts: readonly string[];
}
