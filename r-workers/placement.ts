/** Where a pool's processes live. */
export interface Placement {
	/** For their pipes and temporary files; made when missing, left empty. */
	readonly directory: string;
	/** Marks them, so that `sweepOrphans` finds them after a crash. */
	readonly dataDirectoryId: string;
	readonly environment: NodeJS.ProcessEnv;
}
