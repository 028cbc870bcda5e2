import { createHash, randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { S3ObjectStore } from "#connectors/s3/object-store.ts";
import type { S3Options } from "#connectors/s3/options.ts";
import { describeEachS3 } from "#test/support/each-s3.ts";
import type { S3Server } from "#test/support/servers/buckets.ts";
import { S3FaultProxy } from "#test/support/servers/s3-fault-proxy.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describeEachS3("objects in S3", (start) => {
	let server: S3Server;
	let client: S3Client;
	let bucket: S3Options;
	let options: S3Options;
	let store: S3ObjectStore;
	beforeAll(async () => {
		server = await start();
		bucket = await server.createBucket();
		const { url: endpoint, credentials } = server;
		client = new S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true });
	});
	afterAll(async () => {
		client.destroy();
		await server.stop();
	});
	beforeEach(async () => {
		options = { ...bucket, prefix: `${randomUUID()}/` };
		store = await S3ObjectStore.open(options, () => {});
	});
	afterEach(() => store.close());

	const head = (key: string) =>
		client.send(new HeadObjectCommand({ Bucket: options.bucket, Key: options.prefix + key }));
	const foreign = (key: string, body: string) =>
		client.send(
			new PutObjectCommand({
				Bucket: options.bucket,
				Key: options.prefix + key,
				Body: body,
				ContentLength: body.length,
			}),
		);
	const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

	it("keeps the SHA-256 with each object", async () => {
		await store.put("a", "content");
		expect((await head("a")).Metadata).toEqual({ sha256: sha256("content") });
	});

	it("stores a large file in as many parts as it needs, with its SHA-256, whatever bytes its name has", async () => {
		const local = temporaryDirectory();
		const content = randomBytes(5 * 1024 * 1024 * 2 + 1);
		const file = join(local.path, "µ %41");
		await writeFile(file, content);
		const parted = await S3ObjectStore.open({ ...options, limits: { partBytes: 5 * 1024 * 1024 } }, () => {});
		await parted.putFile("large", file);
		expect(await head("large")).toMatchObject({
			ContentLength: content.length,
			ETag: expect.stringMatching(/-3"?$/),
			Metadata: { sha256: sha256(content) },
		});
		expect(content.equals(await buffer(await parted.get("large")))).toBe(true);
		expect(await text(await parted.get("large", { start: 0, end: 0 }))).toBe(content.toString("utf8", 0, 1));
		await parted.close();
		local.remove();
	});

	it("keeps to its prefix: what lies beside it is neither listed nor touched", async () => {
		const beside = await S3ObjectStore.open({ ...options, prefix: `${options.prefix}inner/` }, () => {});
		await beside.put("x", "1");
		await store.put("a", "1");
		const keys: string[] = [];
		for await (const { key } of beside.list("")) keys.push(key);
		expect(keys).toEqual(["x"]);
		await beside.remove(["a"]);
		expect(await store.head("a")).toBeDefined();
		await beside.close();
	});

	it("writes bytes that S3 cannot carry, and the percent sign, as %XX", async () => {
		await store.put("plate\udcff 100%\n.csv", "1");
		const { Contents = [] } = await client.send(
			new ListObjectsV2Command({ Bucket: options.bucket, Prefix: `${options.prefix}plate` }),
		);
		expect(Contents.map(({ Key }) => Key?.slice(options.prefix.length))).toEqual(["plate%FF 100%25%0A.csv"]);
	});

	it("refuses a key that is too long only together with the prefix", async () => {
		const long = Array.from({ length: 5 }, () => "x".repeat(200)).join("/");
		await expect(store.put(long, "")).rejects.toMatchObject({ code: "OBJECT_KEY", class: "permanent" });
	});

	it("reads what others stored, and passes over what marks a directory", async () => {
		await foreign("theirs", "1");
		await foreign("folder/", "");
		expect(await text(await store.get("theirs"))).toBe("1");
		const keys: string[] = [];
		for await (const { key } of store.list("")) keys.push(key);
		expect(keys).toEqual(["theirs"]);
	});

	it("lists and removes more objects than one answer holds", async () => {
		const keys = Array.from({ length: 1001 }, (_, n) => `many/${n}`);
		for (let from = 0; from < keys.length; from += 91) {
			await Promise.all(keys.slice(from, from + 91).map((key) => store.put(key, "")));
		}
		const listed: string[] = [];
		for await (const { key } of store.list("many/")) listed.push(key);
		expect(listed.sort()).toEqual(keys.sort());
		await store.remove(keys);
		for await (const { key } of store.list("")) expect(key).toBeUndefined();
	});

	it("gives anybody a URL that reads one object until it expires", async () => {
		await store.put("a b/µ.txt", "shared");
		const url = await store.presignedUrl("a b/µ.txt", 60);
		expect(await (await fetch(url)).text()).toBe("shared");
		const other = await fetch(url.replace("%C2%B5.txt", "other.txt"));
		await other.text();
		expect(other.status).toBe(403);
	});

	it("asks for encryption by the server, with the KMS key that is named, with every write", async () => {
		const proxy = new S3FaultProxy(server.url);
		const endpoint = await proxy.start();
		// Not every server has a KMS: what it is asked for is what counts.
		const conditional = ({ headers }: { headers: object }) => "if-none-match" in headers;
		proxy.fail({ kind: "answer", status: 412, code: "PreconditionFailed" }, 1, conditional);
		proxy.fail({ kind: "answer", status: 200 }, 50, ({ method }) => method === "PUT");
		const encryption = { kmsKey: "key-1" };
		const encrypted = await S3ObjectStore.open({ ...options, endpoint, encryption }, () => {});
		await encrypted.put("a", "1");
		const writes = proxy.seen.filter(({ method }) => method === "PUT");
		expect(writes).toHaveLength(3);
		for (const { headers } of writes) {
			expect(headers).toMatchObject({
				"x-amz-server-side-encryption": "aws:kms",
				"x-amz-server-side-encryption-aws-kms-key-id": "key-1",
			});
		}
		await encrypted.close();
		await proxy.stop();
	});
});
