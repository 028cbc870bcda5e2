/** How often somebody asks: token buckets, each filled at its own rate. */
export interface Throttle {
	/** Takes a token of the key's bucket, if there is one. Never fails: who counts may be away, and then counts for itself. */
	take(key: string, perSecond: number, burst: number): Taken | Promise<Taken>;
}

export interface Taken {
	/** There was one. */
	readonly allowed: boolean;
	/** Whole tokens that are left. */
	readonly left: number;
	/** Until there is one again, milliseconds; 0 where there is. */
	readonly againInMs: number;
	/** Until the bucket is full, milliseconds. */
	readonly fullInMs: number;
}
