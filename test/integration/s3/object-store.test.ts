import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { S3ObjectStore } from "#connectors/s3/object-store.ts";
import type { S3Options } from "#connectors/s3/options.ts";
import { describeObjectStore } from "#test/contract/object-store.ts";
import { describeEachS3 } from "#test/support/each-s3.ts";
import type { S3Server } from "#test/support/servers/buckets.ts";

describeEachS3("S3", (start, lacks) => {
	let server: S3Server;
	let options: S3Options;
	beforeAll(async () => {
		server = await start();
		options = await server.createBucket();
	});
	afterAll(() => server.stop());

	describeObjectStore(
		"S3",
		{ ordered: false, atomicIfAbsent: true, replacesWhole: lacks.wholeReplacement === undefined },
		async () => {
			const prefix = `${randomUUID()}/`;
			const open = () => S3ObjectStore.open({ ...options, prefix }, () => {});
			return { open, dispose: async () => {} };
		},
	);
});
