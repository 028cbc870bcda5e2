import { randomUUID } from "node:crypto";
import {
	DeleteObjectCommand,
	GetBucketLifecycleConfigurationCommand,
	GetObjectCommand,
	ListMultipartUploadsCommand,
	PutObjectCommand,
} from "@aws-sdk/client-s3";
import { temporaryDirectory } from "#domain/key-rules.ts";
import { keepsConditionalWrites } from "./conditional-writes.ts";
import { type Connection, connect, findBucket } from "./connect.ts";
import type { S3Options } from "./options.ts";
import { isAnswer, s3Error } from "./s3-error.ts";

/** What a look at one side of the bucket came to. */
export interface S3Finding {
	/** bucket, clock, permissions, conditional writes, stranded parts */
	readonly subject: string;
	/** A warning works, but not as one may expect; a problem does not work. */
	readonly state: "ok" | "warning" | "problem";
	readonly says: string;
	/** For all that is not ok. */
	readonly fix?: string;
}

/** Signatures are refused beyond a quarter of an hour; a clock that is off by this already runs free. */
const skewToTellMs = 60_000;

/** Looks at what an object store needs of its bucket. Of what it writes nothing stays but the probe that every start writes. */
export async function examineS3(options: S3Options): Promise<readonly S3Finding[]> {
	const connection = connect(options);
	const dates: number[] = [];
	// The nearest to the wire: it sees every answer, refusals included.
	connection.client.middlewareStack.add(
		(next) => async (args) => {
			const answered = await next(args);
			const { headers } = answered.response as { readonly headers?: Readonly<Record<string, string>> };
			dates.push(Date.parse(headers?.date ?? ""));
			return answered;
		},
		{ step: "deserialize", priority: "low" },
	);
	try {
		const bucket = await look("bucket", connection, () => canList(connection));
		const clock = compareClocks(dates.at(-1));
		if (bucket.state === "problem") return [...clock, bucket];
		return [
			...clock,
			bucket,
			await look("permissions", connection, () => canReadAndWrite(connection)),
			await look("conditional writes", connection, () => conditionalWrites(connection)),
			await look("stranded parts", connection, () => strandedParts(connection)),
		];
	} finally {
		connection.client.destroy();
	}
}

async function look(subject: string, { place }: Connection, at: () => Promise<Omit<S3Finding, "subject">>) {
	try {
		return { subject, ...(await at()) };
	} catch (thrown) {
		const { message, fix } = s3Error(thrown, place);
		return { subject, state: "problem" as const, says: message, ...(fix === undefined ? {} : { fix }) };
	}
}

function compareClocks(date: number | undefined): readonly S3Finding[] {
	if (date === undefined || Number.isNaN(date)) return [];
	const seconds = Math.round((Date.now() - date) / 1000);
	if (Math.abs(seconds) * 1000 < skewToTellMs) {
		return [{ subject: "clock", state: "ok", says: "this host's clock and the server's agree" }];
	}
	const direction = seconds > 0 ? "ahead of" : "behind";
	return [
		{
			subject: "clock",
			state: "warning",
			says: `this host's clock is ${Math.abs(seconds)} s ${direction} the server's; beyond 900 s requests can be refused, and presigned URLs do not work`,
			fix: "Set the clock of the host that is wrong (NTP).",
		},
	];
}

async function canList(connection: Connection) {
	await findBucket(connection);
	return { state: "ok" as const, says: `${connection.place} is there` };
}

async function canReadAndWrite({ client, bucket, prefix, encryption }: Connection) {
	const object = { Bucket: bucket, Key: `${prefix}${temporaryDirectory}/doctor-${randomUUID()}` };
	await client.send(new PutObjectCommand({ ...object, Body: "", ContentLength: 0, ...encryption }));
	const { Body } = await client.send(new GetObjectCommand(object));
	await Body?.transformToByteArray();
	await client.send(new DeleteObjectCommand(object));
	return { state: "ok" as const, says: "objects can be written, read and removed" };
}

async function conditionalWrites(connection: Connection): Promise<Omit<S3Finding, "subject">> {
	if (await keepsConditionalWrites(connection)) return { state: "ok", says: "the server keeps If-None-Match" };
	return {
		state: "warning",
		says: "the server does not keep If-None-Match: two writers of one new object may both be told that they were first. Results are not touched by it: the catalog decides about them",
		fix: "Nothing has to be done; a newer version of the server may keep it.",
	};
}

async function strandedParts({ client, bucket, prefix }: Connection): Promise<Omit<S3Finding, "subject">> {
	await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, MaxUploads: 1 }));
	const advice = {
		state: "warning",
		fix: "Give the bucket a lifecycle rule with AbortIncompleteMultipartUpload after 7 days.",
	} as const;
	try {
		const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }));
		const rule = Rules.find(({ Status, AbortIncompleteMultipartUpload: aborts }) => Status === "Enabled" && aborts);
		if (rule !== undefined) return { state: "ok", says: "a lifecycle rule takes parts of unfinished uploads away" };
	} catch (thrown) {
		if (isAnswer(thrown, "NotImplemented")) {
			return {
				state: "ok",
				says: "the server has no lifecycle rules; each start takes parts of unfinished uploads away",
			};
		}
		if (!isAnswer(thrown, "NoSuchLifecycleConfiguration")) {
			return {
				...advice,
				says: `whether a lifecycle rule takes unfinished uploads away cannot be seen: ${nameOf(thrown)}`,
			};
		}
	}
	return {
		...advice,
		says: "no lifecycle rule takes parts of unfinished uploads away: they are paid for until the next start removes them",
	};
}

function nameOf(thrown: unknown): string {
	return thrown instanceof Error ? thrown.name : String(thrown);
}
