import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as passed } from "node:timers/promises";
import {
	CreateBucketCommand,
	DeleteBucketCommand,
	DeleteObjectCommand,
	paginateListObjectsV2,
	S3Client,
} from "@aws-sdk/client-s3";
import type { S3Credentials, S3Options } from "#connectors/s3/options.ts";

export interface S3Server {
	/** Without credentials. */
	readonly url: string;
	/** May do everything. */
	readonly credentials: S3Credentials;
	/** May read and list, no more; undefined where the server was given by its URL. */
	readonly reader: S3Credentials | undefined;
	/** A new, empty bucket of this test, and how to reach it. */
	createBucket(): Promise<S3Options>;
	/** With all that is in it. */
	deleteBucket(bucket: string): Promise<void>;
	stop(): Promise<void>;
}

export type Reached = Pick<S3Server, "url" | "credentials" | "reader">;

export function withBuckets(reached: Reached): S3Server {
	const { url, credentials, reader } = reached;
	const client = new S3Client({ endpoint: url, region: "us-east-1", credentials, forcePathStyle: true });
	const buckets = new Set<string>();
	const deleteBucket = async (Bucket: string) => {
		for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) {
			for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
		}
		await client.send(new DeleteBucketCommand({ Bucket }));
		buckets.delete(Bucket);
	};
	return {
		...reached,
		createBucket: async () => {
			const bucket = `watchrabbit-test-${randomBytes(6).toString("hex")}`;
			await client.send(new CreateBucketCommand({ Bucket: bucket }));
			buckets.add(bucket);
			const own = { prefix: "", region: "us-east-1", pathStyle: true, encryption: undefined };
			return { ...own, bucket, endpoint: url, credentials };
		},
		deleteBucket,
		stop: async () => {
			// A server that is started for the tests takes its buckets along.
			if (reader === undefined) for (const bucket of buckets) await deleteBucket(bucket);
			client.destroy();
		},
	};
}

const readyWithinMs = 60_000;
/** Waits for an answer, which is that it knows nobody. */
export async function answers(url: string, server: ChildProcess): Promise<void> {
	const until = Date.now() + readyWithinMs;
	for (;;) {
		const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
		await answer?.text();
		if (answer !== undefined) return;
		if (server.exitCode !== null || Date.now() > until) throw new Error("the S3 server does not start");
		await passed(50);
	}
}
