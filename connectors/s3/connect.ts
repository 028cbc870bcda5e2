import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { defaultLimits, type S3Limits, type S3Options } from "./options.ts";

/** A bucket as one sees it from here: how to reach it, and how to name it in words, without a secret. */
export interface Connection {
	readonly client: S3Client;
	readonly bucket: string;
	readonly prefix: string;
	/** "s3://bucket/prefix at host": for messages. */
	readonly place: string;
	readonly limits: S3Limits;
	/** What every request that writes an object says about encryption. */
	readonly encryption: Encryption;
}

interface Encryption {
	readonly ServerSideEncryption?: "AES256" | "aws:kms";
	readonly SSEKMSKeyId?: string;
}

/** Opens nothing yet: connections are made by requests. */
export function connect(options: S3Options): Connection {
	const { bucket, prefix, endpoint, region, pathStyle, credentials } = options;
	const limits = { ...defaultLimits, ...options.limits };
	const agent = { keepAlive: true, maxSockets: limits.sockets };
	const client = new S3Client({
		...(endpoint === undefined ? {} : { endpoint: withoutCredentials(endpoint) }),
		// A server of one's own has no regions, but a signature must name one.
		...(region === undefined ? (endpoint === undefined ? {} : { region: "us-east-1" }) : { region }),
		...(credentials === undefined ? {} : { credentials }),
		forcePathStyle: pathStyle,
		// Other servers than AWS's refuse, or keep as content, the checksums that the SDK otherwise adds: we send our own.
		requestChecksumCalculation: "WHEN_REQUIRED",
		responseChecksumValidation: "WHEN_REQUIRED",
		maxAttempts: limits.attempts,
		requestHandler: {
			connectionTimeout: limits.connectTimeoutMs,
			socketTimeout: limits.silenceTimeoutMs,
			httpAgent: agent,
			httpsAgent: agent,
			logger: silent,
		},
	});
	const host = endpoint === undefined ? "" : ` at ${new URL(endpoint).host}`;
	return {
		client,
		bucket,
		prefix,
		place: `s3://${bucket}/${prefix}${host}`,
		limits,
		encryption: encryptionOf(options),
	};
}

/** Fails unless it is there and may be listed; before a write, because some servers make a bucket that a write names. */
export async function findBucket({ client, bucket, prefix }: Connection): Promise<void> {
	await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }));
}

function encryptionOf({ encryption }: S3Options): Encryption {
	if (encryption === undefined) return {};
	if (encryption.kmsKey === undefined) return { ServerSideEncryption: "AES256" };
	return { ServerSideEncryption: "aws:kms", SSEKMSKeyId: encryption.kmsKey };
}

function withoutCredentials(endpoint: string): string {
	const url = new URL(endpoint);
	url.username = "";
	url.password = "";
	return url.href;
}

/** The SDK warns on the console when requests wait for a socket: waiting is what the limit is for. */
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
