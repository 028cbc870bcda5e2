/** Where the objects lie, and how they are reached. Without `credentials`: as AWS has it (environment, profile, role of the host). */
export interface S3Options {
	readonly bucket: string;
	/** What every key in the bucket begins with: empty, or ending with "/". */
	readonly prefix: string;
	/** URL of a server that is not AWS's. */
	readonly endpoint: string | undefined;
	readonly region: string | undefined;
	/** The bucket in the path instead of the host name. */
	readonly pathStyle: boolean;
	/** By the server, with a key of its KMS if one is named; undefined: as the bucket says. */
	readonly encryption: { readonly kmsKey: string | undefined } | undefined;
	readonly credentials?: S3Credentials | undefined;
	readonly limits?: Partial<S3Limits>;
}

export interface S3Credentials {
	readonly accessKeyId: string;
	readonly secretAccessKey: string;
	readonly sessionToken?: string;
}

export interface S3Limits {
	/** Connections at once. */
	readonly sockets: number;
	readonly connectTimeoutMs: number;
	/** A connection on which nothing moved for so long is given up, a body that nobody reads included. */
	readonly silenceTimeoutMs: number;
	/** Of one request, the first included. */
	readonly attempts: number;
	/** A file larger than this goes in parts of this size, or larger where there would be more than 10,000; 5 MiB at least. */
	readonly partBytes: number;
	/** Parts of an upload that began so long ago belong to nobody any more. */
	readonly strandedAfterMs: number;
}

export const defaultLimits: S3Limits = {
	sockets: 50,
	connectTimeoutMs: 5_000,
	silenceTimeoutMs: 30_000,
	attempts: 3,
	partBytes: 8 * 1024 * 1024,
	strandedAfterMs: 24 * 3_600_000,
};
