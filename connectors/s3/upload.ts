import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { DeleteObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { transient } from "#core/errors.ts";
import { fileChanged } from "#domain/file-changed.ts";
import { fsPath, type PathString } from "#domain/path.ts";
import type { Connection } from "./connect.ts";
import { DigestCheck } from "./digest-check.ts";
import { s3Error } from "./s3-error.ts";

/** Parts of one file on their way at once: each is held in memory, so that it can be sent again. */
const partsAtOnce = 2;
const mostParts = 10_000;

/**
 * Stores a large file in parts: it is there once all of them are, and were counted. Its digest goes first: a file of which
 * it is not known is read twice, and what is read in the end must be the same. Parts of an upload that fails are taken away.
 * @throws WatchRabbitError
 */
export async function uploadInParts(
	connection: Connection,
	key: string,
	file: PathString,
	known: Expected | undefined,
): Promise<void> {
	const { client, bucket, limits, encryption, place } = connection;
	const { size, sha256 } = known ?? (await digestOf(file));
	const partSize = Math.max(limits.partBytes, Math.ceil(size / mostParts));
	const check = new DigestCheck({ size, sha256 }, (says) => fileChanged(file, says));
	const body = pipeline(createReadStream(fsPath(file), { highWaterMark: 1024 * 1024 }), check, () => {});
	const target = { Bucket: bucket, Key: key };
	const upload = new Upload({
		client,
		partSize,
		queueSize: partsAtOnce,
		params: {
			...target,
			...encryption,
			Body: body,
			ContentLength: size,
			ChecksumAlgorithm: "SHA256",
			Metadata: { sha256 },
		},
	});
	try {
		await upload.done();
	} catch (thrown) {
		// The answer to the last request may be all that was lost.
		if (await isStored(connection, key, { size, sha256 })) return;
		throw s3Error(thrown, place);
	} finally {
		body.destroy();
	}
	await checkParts(connection, key, { size, parts: Math.ceil(size / partSize) });
}

interface Expected {
	readonly size: number;
	readonly sha256: string;
}

async function checkParts(
	{ client, bucket, place }: Connection,
	key: string,
	expected: { readonly size: number; readonly parts: number },
): Promise<void> {
	const target = { Bucket: bucket, Key: key };
	const head = await client.send(new HeadObjectCommand(target)).catch((thrown: unknown) => {
		throw s3Error(thrown, place);
	});
	// The ETag of an object in N parts ends with -N, with every server that does as S3 does.
	const parts = Number(/-(\d+)"?$/.exec(head.ETag ?? "")?.[1] ?? expected.parts);
	if (head.ContentLength === expected.size && parts === expected.parts) return;
	await client.send(new DeleteObjectCommand(target)).catch(() => {});
	throw transient(
		"S3_DAMAGED",
		`${key} in ${place} has ${head.ContentLength} bytes in ${parts} parts instead of ${expected.size} in ${expected.parts}`,
		{ fix: "Nothing to do: it is sent again." },
	);
}

async function isStored({ client, bucket }: Connection, key: string, { size, sha256 }: Expected): Promise<boolean> {
	const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch(() => undefined);
	return head?.ContentLength === size && head.Metadata?.sha256 === sha256;
}

async function digestOf(file: PathString): Promise<Expected> {
	const hash = createHash("sha256");
	let size = 0;
	for await (const chunk of createReadStream(fsPath(file), { highWaterMark: 1024 * 1024 })) {
		hash.update(chunk);
		size += chunk.length;
	}
	return { size, sha256: hash.digest("hex") };
}
