export interface ProblemKind {
	readonly status: number;
	readonly title: string;
	/** For who reads the page that the type leads to. */
	readonly meaning: string;
}
