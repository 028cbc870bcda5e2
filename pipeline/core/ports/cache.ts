/** Answers that may be given again. Never the truth: any entry may be missing at any time. */
export interface Cache {
	/**
	 * What is kept under the key, else what `compute` gives, which is then kept for `ttlMs`, unless it is too large or there
	 * is no room. Who asks for the key meanwhile in this process waits for the same answer. Fails only as `compute` fails,
	 * and a failure is not kept.
	 */
	answer(key: string, ttlMs: number, compute: () => Promise<string>): Promise<string>;
	/**
	 * Forgets every key of a prefix: for who asks this process from now on, and for others as soon as they can be told. What
	 * is being computed under it is given to those who asked before, and not kept. Call it after what changed was committed.
	 */
	invalidate(prefix: string): Promise<void>;
	/** Whether what is behind it answers now: without it all goes on, only slower. */
	look(): Promise<boolean>;
	close(): Promise<void>;
}
