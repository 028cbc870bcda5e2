import { PutObjectCommand } from "@aws-sdk/client-s3";
import { temporaryDirectory } from "#domain/key-rules.ts";
import type { Connection } from "./connect.ts";
import { statusOf } from "./s3-error.ts";

/**
 * Whether the server keeps `If-None-Match: *`: some do not know it and overwrite, some refuse it. Asked with a key of its own
 * that no listing shows; it stays, so that two processes that ask at once get the same answer.
 */
export async function keepsConditionalWrites({ client, bucket, prefix, encryption }: Connection): Promise<boolean> {
	const object = {
		Bucket: bucket,
		Key: `${prefix}${temporaryDirectory}/conditional-writes`,
		Body: "",
		ContentLength: 0,
		...encryption,
	};
	await client.send(new PutObjectCommand(object));
	try {
		await client.send(new PutObjectCommand({ ...object, IfNoneMatch: "*" }));
		return false;
	} catch (thrown) {
		const status = statusOf(thrown);
		// 409: another process asks at this moment, which only a server that keeps them can tell.
		if (status === 412 || status === 409) return true;
		if (status === 400 || status === 501) return false;
		throw thrown;
	}
}
