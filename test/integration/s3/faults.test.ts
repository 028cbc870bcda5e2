import { randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { S3ObjectStore } from "#connectors/s3/object-store.ts";
import type { S3Options } from "#connectors/s3/options.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { S3Server } from "#test/support/servers/buckets.ts";
import { startS3 } from "#test/support/servers/s3.ts";
import { S3FaultProxy, type SeenRequest } from "#test/support/servers/s3-fault-proxy.ts";
import { describeWith } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describeWith("s3", "S3 that fails", () => {
	let server: S3Server;
	let direct: S3Options;
	let client: S3Client;
	let proxy: S3FaultProxy;
	let options: S3Options;
	let store: S3ObjectStore;
	let local: ReturnType<typeof temporaryDirectory>;
	const events: InternalEvent[] = [];
	const closing: S3ObjectStore[] = [];

	beforeAll(async () => {
		server = await startS3();
		direct = await server.createBucket();
		// The first object takes its time.
		await (await S3ObjectStore.open(direct, () => {})).close();
		const { url: endpoint, credentials } = server;
		client = new S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true });
	});
	afterAll(async () => {
		client.destroy();
		await server.stop();
	});

	beforeEach(async () => {
		local = temporaryDirectory();
		proxy = new S3FaultProxy(server.url);
		const limits = { partBytes, sockets: 8 };
		options = { ...direct, endpoint: await proxy.start(), prefix: `${randomUUID()}/`, limits };
		store = await open();
		events.length = 0;
	});
	afterEach(async () => {
		for (const opened of [store, ...closing.splice(0)]) await opened.close();
		await vi.waitFor(() => expect(proxy.connections).toBe(0), 5_000);
		await proxy.stop();
		local.remove();
	});

	const open = (limits = {}) =>
		S3ObjectStore.open({ ...options, limits: { ...options.limits, ...limits } }, (event) => events.push(event));
	/** Gives up after a short silence. */
	const impatient = async (limits = {}) => {
		const hasty = await open({ silenceTimeoutMs: 500, ...limits });
		closing.push(hasty);
		return hasty;
	};
	const read = async (key: string) => text(await store.get(key));
	const largeFile = async () => {
		const content = randomBytes(partBytes * 2 + 1000);
		const file = join(local.path, "large");
		await writeFile(file, content);
		return { file, content };
	};
	const uploads = async () => {
		const { Uploads = [] } = await client.send(
			new ListMultipartUploadsCommand({ Bucket: options.bucket, Prefix: options.prefix }),
		);
		return Uploads.length;
	};

	it("stores in spite of two answers of 500", async () => {
		proxy.fail({ kind: "answer", status: 500, code: "InternalError" }, 2);
		await store.put("a", "1");
		expect(await read("a")).toBe("1");
	});

	it("says that it is asked to slow down, and works again by itself", async () => {
		proxy.fail({ kind: "answer", status: 503, code: "SlowDown" });
		await expect(store.put("a", "1")).rejects.toMatchObject({ code: "S3_SLOW_DOWN", class: "transient" });
		proxy.heal();
		await store.put("a", "1");
		expect(await read("a")).toBe("1");
	});

	it("gives a server up that never answers, and uses it again when it does", async () => {
		const hasty = await impatient();
		proxy.fail({ kind: "hang" });
		const unavailable = { code: "S3_UNAVAILABLE", class: "transient" };
		await expect(hasty.put("a", "1")).rejects.toMatchObject(unavailable);
		await expect(hasty.head("a")).rejects.toMatchObject(unavailable);
		proxy.heal();
		await hasty.put("a", "1");
		expect(await read("a")).toBe("1");
	});

	it.each(["cut", "stall"] as const)(
		"tells the reader of a body that ends half way (%s), and gives it whole again",
		async (kind) => {
			const body = "0123456789".repeat(10_000);
			await store.put("a", body);
			const hasty = await impatient();
			proxy.fail({ kind }, 1);
			await expect(hasty.get("a").then(text)).rejects.toMatchObject({ code: "S3_UNAVAILABLE", class: "transient" });
			expect(await read("a")).toBe(body);
		},
	);

	it("tells the reader of a body that is not what was stored", async () => {
		await store.put("a", "right");
		proxy.fail({ kind: "damage" }, 1);
		await expect(read("a")).rejects.toMatchObject({ code: "OBJECT_DAMAGED", class: "permanent" });
		expect(await read("a")).toBe("right");
	});

	it("stores once what was stored before the connection was lost", async () => {
		proxy.fail({ kind: "reset-after-success" }, 1);
		await store.put("a", "1");
		expect(await read("a")).toBe("1");
	});

	it("was first with an object also when the answer that said so was lost", async () => {
		proxy.fail({ kind: "reset-after-success" }, 1);
		expect(await store.putIfAbsent("a", "1")).toBe(true);
		expect(await store.putIfAbsent("a", "2")).toBe(false);
		expect(await read("a")).toBe("1");
	});

	it("has a large file whole when the answer to its last request was lost, and no parts beside it", async () => {
		const { file, content } = await largeFile();
		proxy.fail({ kind: "reset-after-success" }, 1, completes);
		await store.putFile("large", file);
		expect(content.equals(await buffer(await store.get("large")))).toBe(true);
		expect(await uploads()).toBe(0);
	});

	it("sends a part of a large file again that was lost on its way", async () => {
		const { file, content } = await largeFile();
		const hasty = await impatient({ silenceTimeoutMs: 2_000 });
		proxy.fail({ kind: "hang" }, 1, isPart);
		await hasty.putFile("large", file);
		expect(content.equals(await buffer(await store.get("large")))).toBe(true);
	});

	it("leaves neither object nor parts of a large file that cannot be stored", async () => {
		const { file } = await largeFile();
		proxy.fail({ kind: "answer", status: 500, code: "InternalError" }, 50, isPart);
		await expect(store.putFile("large", file)).rejects.toMatchObject({ code: "S3_UNAVAILABLE", class: "transient" });
		expect(await store.head("large")).toBeUndefined();
		expect(await uploads()).toBe(0);
	});

	it("takes parts away at the start whose writer is long gone, and leaves those of a writer that may be at work", async () => {
		const stranded = { Bucket: options.bucket, Key: `${options.prefix}large` };
		await client.send(new CreateMultipartUploadCommand(stranded));
		await (await open()).close();
		expect(await uploads()).toBe(1);
		await (await open({ strandedAfterMs: -60_000 })).close();
		expect(await uploads()).toBe(0);
		expect(events.map((event) => event.event === "objects.opened" && event.strandedUploads)).toEqual([0, 1]);
	});

	it.each([
		["refuses", { status: 501, code: "NotImplemented" }],
		["does not know", { status: 200 }],
	])("puts if absent over a server that %s conditional writes, and says so at the start", async (_, answer) => {
		proxy.fail({ kind: "answer", ...answer }, Number.POSITIVE_INFINITY, isConditional);
		const plain = await open();
		expect(events).toMatchObject([{ event: "objects.opened", conditionalWrites: false }]);
		expect(await plain.putIfAbsent("a", "first")).toBe(true);
		expect(await plain.putIfAbsent("a", "second")).toBe(false);
		expect(await text(await plain.get("a"))).toBe("first");
		await plain.close();
	});

	it("takes the connections of bodies back that nobody reads", async () => {
		await store.put("a", "0".repeat(4_000_000));
		const few = await impatient({ sockets: 2 });
		const unread = await Promise.all([few.get("a"), few.get("a")]);
		await vi.waitFor(() => expect(unread.every((body) => body.destroyed)).toBe(true), 5_000);
		expect((await few.head("a"))?.size).toBe(4_000_000);
	});

	it("lets go of every connection when it is closed while bodies are being read", async () => {
		await store.put("a", "0".repeat(4_000_000));
		const body = await store.get("a");
		await store.close();
		expect(body.destroyed).toBe(true);
	});

	it("says that nobody is there", async () => {
		await proxy.stop();
		await expect(store.put("a", "1")).rejects.toMatchObject({ code: "S3_UNAVAILABLE", class: "transient" });
	});
});

const partBytes = 5 * 1024 * 1024;

function isPart({ method, url }: SeenRequest): boolean {
	return method === "PUT" && url.includes("partNumber=");
}

function completes({ method, url }: SeenRequest): boolean {
	return method === "POST" && url.includes("uploadId=");
}

function isConditional({ headers }: SeenRequest): boolean {
	return headers["if-none-match"] !== undefined;
}
