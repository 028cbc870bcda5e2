/** Answers that may be given again. Never the truth: any entry may be missing at any time. */
export interface Cache {
	get(key: string): Promise<string | undefined>;
	set(key: string, value: string, ttlMs: number): Promise<void>;
	invalidate(prefix: string): Promise<void>;
	close(): Promise<void>;
}
