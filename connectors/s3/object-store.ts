import { createHash, randomUUID } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import {
	DeleteObjectsCommand,
	GetObjectCommand,
	HeadBucketCommand,
	HeadObjectCommand,
	ListObjectsV2Command,
	PutObjectCommand,
	type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { permanent } from "#core/errors.ts";
import type { ObjectStore, StoredObject } from "#core/ports/object-store.ts";
import { fileChanged } from "#domain/file-changed.ts";
import { temporaryDirectory } from "#domain/key-rules.ts";
import { fsPath } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import { checkedBody } from "./checked-body.ts";
import { keepsConditionalWrites } from "./conditional-writes.ts";
import { type Connection, connect, findBucket } from "./connect.ts";
import type { S3Options } from "./options.ts";
import { answered, attemptsOf, isAnswer, s3Error, statusOf } from "./s3-error.ts";
import { keyOf, storedKey, storedPrefix } from "./stored-key.ts";
import { removeStranded } from "./stranded.ts";
import { Turns } from "./turns.ts";
import { uploadInParts } from "./upload.ts";

/** What one request to remove may name. */
const removedAtOnce = 1000;
/** Bodies of writes are held in memory, so that each can be sent again: a quarter of the sockets bounds that. */
const socketsAWrite = 4;
/** How often a write is tried again that the server refuses because another one is under way. */
const conflictsAtMost = 5;

/**
 * Objects in a bucket of S3, or of a server that does as S3 does. Each carries its SHA-256: it goes along with the body,
 * stays with the object, and is held against what is read when an object is read whole.
 */
export class S3ObjectStore implements ObjectStore {
	readonly #connection: Connection;
	readonly #conditionalWrites: boolean;
	readonly #writes: Turns;
	readonly #bodies = new Set<Readable>();

	private constructor(connection: Connection, conditionalWrites: boolean) {
		this.#connection = connection;
		this.#conditionalWrites = conditionalWrites;
		this.#writes = new Turns(Math.max(1, Math.floor(connection.limits.sockets / socketsAWrite)));
	}

	/**
	 * Takes stranded parts away, asks once what the server keeps of conditional writes, and reports both.
	 * @throws WatchRabbitError S3_UNAVAILABLE, S3_SLOW_DOWN, S3_CLOCK_SKEW (transient), S3_BUCKET_MISSING, S3_CREDENTIALS,
	 * S3_ACCESS_DENIED, S3_REGION, S3_TLS, S3_REFUSED (permanent): here as in every other call
	 */
	static async open(options: S3Options, report: Report): Promise<S3ObjectStore> {
		const connection = connect(options);
		try {
			await findBucket(connection);
			const conditionalWrites = await keepsConditionalWrites(connection);
			const strandedUploads = await removeStranded(connection, Date.now());
			report({ event: "objects.opened", place: connection.place, conditionalWrites, strandedUploads });
			return new S3ObjectStore(connection, conditionalWrites);
		} catch (thrown) {
			connection.client.destroy();
			throw s3Error(thrown, connection.place);
		}
	}

	async putFile(key: string, file: string, sha256?: string): Promise<void> {
		const stored = storedKey(this.#connection.prefix, key);
		await this.#writes.take(async () => {
			const { size } = await stat(fsPath(file));
			if (size > this.#connection.limits.partBytes) {
				await uploadInParts(this.#connection, stored, file, sha256 === undefined ? undefined : { size, sha256 });
				return;
			}
			const object = this.#objectOf(stored, await readFile(fsPath(file)));
			const digest = object.Metadata?.sha256;
			if (sha256 !== undefined && digest !== sha256) {
				throw fileChanged(file, `its SHA-256 is ${digest} instead of ${sha256}`);
			}
			await this.#write(object);
		});
	}

	async put(key: string, body: Uint8Array | string): Promise<void> {
		const stored = storedKey(this.#connection.prefix, key);
		await this.#writes.take(() => this.#write(this.#objectOf(stored, bytesOf(body))));
	}

	/** Where the server keeps no conditional writes, two writers at once may both be told that they were first. */
	async putIfAbsent(key: string, body: Uint8Array | string): Promise<boolean> {
		const stored = storedKey(this.#connection.prefix, key);
		return this.#writes.take(async () => {
			if (this.#conditionalWrites) return this.#writeIfAbsent(stored, bytesOf(body));
			if (await this.#head(stored)) return false;
			await this.#write(this.#objectOf(stored, bytesOf(body)));
			return true;
		});
	}

	/** `range` counts bytes from 0, both ends included; what lies behind the end of the object is not there. */
	async get(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
		const { client, bucket, prefix, place } = this.#connection;
		const Range = range && `bytes=${range.start}-${range.end}`;
		try {
			const answer = await client.send(
				new GetObjectCommand({ Bucket: bucket, Key: storedKey(prefix, key), ...(Range && { Range }) }),
			);
			const content = { size: answer.ContentLength ?? 0, sha256: range ? undefined : answer.Metadata?.sha256 };
			return this.#open(checkedBody(answer.Body as Readable, content, { key, place }));
		} catch (thrown) {
			if (range !== undefined && statusOf(thrown) === 416) return Readable.from([]);
			if (isAnswer(thrown, "NoSuchKey")) throw this.#missing(key);
			throw this.#told(thrown);
		}
	}

	async head(key: string): Promise<StoredObject | undefined> {
		const head = await this.#head(storedKey(this.#connection.prefix, key));
		return head && { key, size: head.ContentLength ?? 0, modifiedAt: head.LastModified?.getTime() ?? 0 };
	}

	/** In the order in which the server lists: with most, of the bytes of the keys. */
	async *list(prefix: string): AsyncIterable<StoredObject> {
		const { client, bucket, prefix: ours } = this.#connection;
		const where = { Bucket: bucket, Prefix: storedPrefix(ours, prefix) };
		for (let next: string | undefined, more = true; more; more = next !== undefined) {
			const request = new ListObjectsV2Command({ ...where, ...(next && { ContinuationToken: next }) });
			const page = await client.send(request).catch((thrown) => {
				throw this.#told(thrown);
			});
			for (const { Key = "", Size = 0, LastModified } of page.Contents ?? []) {
				// Consoles and file gateways mark a directory by an object of that name.
				if (Key.endsWith("/") || Key.startsWith(`${ours}${temporaryDirectory}/`)) continue;
				yield { key: keyOf(ours, Key), size: Size, modifiedAt: LastModified?.getTime() ?? 0 };
			}
			next = page.NextContinuationToken;
		}
	}

	async remove(keys: readonly string[]): Promise<void> {
		const { client, bucket, prefix, place } = this.#connection;
		const stored = [...new Set(keys.map((key) => storedKey(prefix, key)))];
		for (let from = 0; from < stored.length; from += removedAtOnce) {
			const Objects = stored.slice(from, from + removedAtOnce).map((Key) => ({ Key }));
			const request = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
			const { Errors = [] } = await client.send(request).catch((thrown) => {
				throw this.#told(thrown);
			});
			const failed = Errors.find(({ Code }) => Code !== "NoSuchKey");
			if (failed) throw answered(failed.Code ?? "InternalError", place);
		}
	}

	/** A URL by which anybody can read the object until it expires. */
	async presignedUrl(key: string, expiresInSeconds: number): Promise<string> {
		const { client, bucket, prefix } = this.#connection;
		const request = new GetObjectCommand({ Bucket: bucket, Key: storedKey(prefix, key) });
		return getSignedUrl(client, request, { expiresIn: expiresInSeconds }).catch((thrown) => {
			throw this.#told(thrown);
		});
	}

	async close(): Promise<void> {
		for (const body of this.#bodies) body.destroy();
		this.#connection.client.destroy();
	}

	async #write(object: PutObjectCommandInput): Promise<void> {
		await this.#connection.client.send(new PutObjectCommand(object)).catch((thrown) => {
			throw this.#told(thrown);
		});
	}

	async #writeIfAbsent(stored: string, body: Buffer): Promise<boolean> {
		const { client } = this.#connection;
		const writer = randomUUID();
		const object = this.#objectOf(stored, body, { writer });
		for (let conflicts = 0; ; conflicts++) {
			try {
				await client.send(new PutObjectCommand({ ...object, IfNoneMatch: "*" }));
				return true;
			} catch (thrown) {
				// Where the answer to an earlier attempt was lost, what stands there may be ours.
				if (statusOf(thrown) === 412) {
					return attemptsOf(thrown) > 1 && (await this.#head(stored))?.Metadata?.writer === writer;
				}
				if (statusOf(thrown) !== 409 || conflicts === conflictsAtMost) throw this.#told(thrown);
			}
		}
	}

	#objectOf(stored: string, body: Buffer, metadata: Readonly<Record<string, string>> = {}): PutObjectCommandInput {
		const { bucket, encryption } = this.#connection;
		const digest = createHash("sha256").update(body).digest();
		return {
			Bucket: bucket,
			Key: stored,
			Body: body,
			ContentLength: body.length,
			ChecksumSHA256: digest.toString("base64"),
			Metadata: { sha256: digest.toString("hex"), ...metadata },
			...encryption,
		};
	}

	/** A missing object and a missing bucket answer alike. */
	async #head(stored: string) {
		const { client, bucket } = this.#connection;
		try {
			return await client.send(new HeadObjectCommand({ Bucket: bucket, Key: stored }));
		} catch (thrown) {
			if (statusOf(thrown) !== 404) throw this.#told(thrown);
		}
		await client.send(new HeadBucketCommand({ Bucket: bucket })).catch((thrown) => {
			throw statusOf(thrown) === 404 ? answered("NoSuchBucket", this.#connection.place) : this.#told(thrown);
		});
		return undefined;
	}

	#open(body: Readable): Readable {
		this.#bodies.add(body);
		return body.once("close", () => this.#bodies.delete(body));
	}

	#missing(key: string) {
		return permanent("OBJECT_MISSING", `there is no object ${key} in ${this.#connection.place}`, {
			fix: "Run `watchrabbit verify`: it tells what else is missing. `watchrabbit replay` of the job makes it again.",
		});
	}

	#told(thrown: unknown) {
		return s3Error(thrown, this.#connection.place);
	}
}

function bytesOf(body: Uint8Array | string): Buffer {
	return typeof body === "string" ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
