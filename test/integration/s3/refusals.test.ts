import { inspect } from "node:util";
import { PutBucketLifecycleConfigurationCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { examineS3, type S3Finding } from "#connectors/s3/examine.ts";
import { S3ObjectStore } from "#connectors/s3/object-store.ts";
import type { S3Options } from "#connectors/s3/options.ts";
import { describeEachS3 } from "#test/support/each-s3.ts";
import type { S3Server } from "#test/support/servers/buckets.ts";
import { S3FaultProxy } from "#test/support/servers/s3-fault-proxy.ts";
import { assertOwn, itUnless } from "#test/support/services.ts";

describeEachS3("S3 that refuses", (start, lacks) => {
	let server: S3Server;
	let options: S3Options;
	beforeAll(async () => {
		server = await start();
		options = await server.createBucket();
	});
	afterAll(() => server.stop());

	/** How opening it fails, and what doctor finds; neither names a secret. */
	async function refusal(refused: S3Options) {
		const error = await S3ObjectStore.open(refused, () => {}).then(
			() => undefined,
			(thrown: unknown) => thrown,
		);
		const findings = await examineS3(refused);
		const told = inspect([error, findings], { depth: null, showHidden: true });
		for (const secret of Object.values(refused.credentials ?? {})) expect(told).not.toContain(secret);
		return { error, problems: findings.filter(({ state }) => state === "problem") };
	}

	it("names the bucket that is missing", async () => {
		const { error, problems } = await refusal({ ...options, bucket: "watchrabbit-none" });
		expect(error).toMatchObject({ code: "S3_BUCKET_MISSING", class: "permanent" });
		expect(problems).toMatchObject([{ subject: "bucket", says: expect.stringContaining("watchrabbit-none") }]);
	});

	it("says that it knows no such key", async () => {
		const credentials = { accessKeyId: "nobody-knows-this", secretAccessKey: "and-not-this-either" };
		const { error, problems } = await refusal({ ...options, credentials });
		expect(error).toMatchObject({ code: "S3_CREDENTIALS", class: "permanent", fix: expect.any(String) });
		expect(problems).toMatchObject([{ subject: "bucket", fix: expect.stringContaining("AWS_ACCESS_KEY_ID") }]);
	});

	it("says that the secret key is wrong", async () => {
		const credentials = { ...server.credentials, secretAccessKey: "another-secret" };
		const { error, problems } = await refusal({ ...options, credentials });
		expect(error).toMatchObject({ code: "S3_CREDENTIALS", class: "permanent" });
		expect(problems).toMatchObject([{ subject: "bucket", fix: expect.stringContaining("clock") }]);
	});

	itUnless(lacks.reader)("says that the keys may not write", async () => {
		assertOwn(server.reader);
		const { error, problems } = await refusal({ ...options, credentials: server.reader });
		expect(error).toMatchObject({ code: "S3_ACCESS_DENIED", class: "permanent" });
		expect(problems[0]).toMatchObject({ subject: "permissions", fix: expect.stringContaining("s3:PutObject") });
	});

	it("says that nobody answers, without the password in the URL", async () => {
		const endpoint = "http://somebody:hidden@127.0.0.1:1/";
		const limits = { attempts: 1 };
		const { error, problems } = await refusal({ ...options, endpoint, limits });
		expect(error).toMatchObject({ code: "S3_UNAVAILABLE", class: "transient" });
		expect(problems).toMatchObject([{ subject: "bucket", says: expect.not.stringContaining("hidden") }]);
	});

	it("takes a bucket that was deleted meanwhile for no missing object", async () => {
		const deleted = await server.createBucket();
		const store = await S3ObjectStore.open(deleted, () => {});
		await server.deleteBucket(deleted.bucket);
		const missing = { code: "S3_BUCKET_MISSING", class: "permanent" };
		await expect(store.head("a")).rejects.toMatchObject(missing);
		await expect(store.get("a")).rejects.toMatchObject(missing);
		await store.close();
	});

	const states = (findings: readonly S3Finding[]) =>
		Object.fromEntries(findings.map(({ subject, state }) => [subject, state]));

	const well = { bucket: "ok", clock: "ok", permissions: "ok", "conditional writes": "ok" };

	it("finds all well with a bucket that has what is needed", async () => {
		const parts = lacks.lifecycleRules === undefined ? "warning" : "ok";
		expect(states(await examineS3(options))).toEqual({ ...well, "stranded parts": parts });
	});

	itUnless(lacks.lifecycleRules)("advises a rule for stranded parts until there is one", async () => {
		const { url: endpoint, credentials } = server;
		const client = new S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true });
		const rule = {
			ID: "parts",
			Status: "Enabled" as const,
			Filter: { Prefix: "" },
			AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
		};
		await client.send(
			new PutBucketLifecycleConfigurationCommand({
				Bucket: options.bucket,
				LifecycleConfiguration: { Rules: [rule] },
			}),
		);
		client.destroy();
		expect(states(await examineS3(options))).toEqual({ ...well, "stranded parts": "ok" });
	});

	it("tells how far the clocks are apart", async () => {
		const proxy = new S3FaultProxy(server.url);
		const endpoint = await proxy.start();
		proxy.fail({ kind: "date", date: new Date(Date.now() + 3_600_000) });
		const [clock] = await examineS3({ ...options, endpoint });
		expect(clock).toMatchObject({
			subject: "clock",
			state: "warning",
			says: expect.stringMatching(/3(599|600|601) s behind/),
		});
		await proxy.stop();
	});
});
