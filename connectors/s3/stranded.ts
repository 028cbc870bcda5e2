import {
	AbortMultipartUploadCommand,
	ListMultipartUploadsCommand,
	type ListMultipartUploadsCommandInput,
	type ListMultipartUploadsCommandOutput,
	type MultipartUpload,
} from "@aws-sdk/client-s3";
import type { Connection } from "./connect.ts";
import { isAnswer } from "./s3-error.ts";

/**
 * Takes parts away whose writer was killed long ago. Those of uploads that may still be under way, from whatever host,
 * stay. Resolves with how many uploads were taken away.
 */
export async function removeStranded(connection: Connection, now: number): Promise<number> {
	const { client, bucket, limits } = connection;
	let removed = 0;
	for await (const { Key, UploadId, Initiated } of uploads(connection)) {
		if (Initiated === undefined || now - Initiated.getTime() < limits.strandedAfterMs) continue;
		try {
			await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
			removed++;
		} catch (thrown) {
			// Another process that started at the same time was first.
			if (!isAnswer(thrown, "NoSuchUpload")) throw thrown;
		}
	}
	return removed;
}

async function* uploads({ client, bucket, prefix }: Connection): AsyncIterable<MultipartUpload> {
	let marker: Pick<ListMultipartUploadsCommandInput, "KeyMarker" | "UploadIdMarker"> | undefined = {};
	while (marker !== undefined) {
		const request = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker });
		const page: ListMultipartUploadsCommandOutput = await client.send(request);
		// Not every server keeps to the prefix.
		yield* (page.Uploads ?? []).filter(({ Key }) => Key?.startsWith(prefix));
		const more = page.IsTruncated === true && page.NextKeyMarker !== undefined;
		marker = more ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
	}
}
