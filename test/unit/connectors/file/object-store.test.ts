import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import { startChild } from "#test/support/child.ts";
import { smallFileSystem } from "#test/support/small-file-system.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describe("the object store in a directory", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let root: string;

	beforeEach(() => {
		directory = temporaryDirectory();
		root = join(directory.path, "objects");
	});

	afterEach(() => directory.remove());

	const left = () => readdirSync(join(root, ".tmp"));

	it("keeps an object as the plain file that its key names", async () => {
		await new DirectoryObjectStore(root).put("jobs/1/result.csv", "a,b\n");
		expect(await readFile(join(root, "jobs/1/result.csv"), "utf8")).toBe("a,b\n");
	});

	it("leaves no temporary file behind, whether a put succeeds, loses or fails", async () => {
		const store = new DirectoryObjectStore(root);
		await store.put("a", "");
		await store.putIfAbsent("b", "");
		await Promise.all([store.putIfAbsent("c", "1"), store.putIfAbsent("c", "2")]);
		await store.putFile("d", join(root, "none")).catch(() => {});
		await store.put("a/b", "").catch(() => {});
		expect(left()).toEqual([]);
	});

	it("says which object is in the way of a key that would lie below it", async () => {
		const store = new DirectoryObjectStore(root);
		await store.put("a", "");
		const refused = { code: "OBJECT_KEY", class: "permanent", fix: expect.any(String) };
		await expect(store.put("a/b", "")).rejects.toMatchObject(refused);
		await store.put("c/d", "");
		await expect(store.put("c", "")).rejects.toMatchObject(refused);
	});

	it("has every object whole that was acknowledged before its writer was killed, and no half one", async () => {
		for (let round = 0; round < 3; round++) {
			const writer = startChild(new URL("./children/put-objects.ts", import.meta.url), root, `round-${round}`);
			const acknowledged: string[] = [];
			while (acknowledged.length < 5 + 7 * round) acknowledged.push((await writer.line()) as string);
			await writer.kill();
			const store = new DirectoryObjectStore(root);
			for (const key of acknowledged) expect(await readFile(join(root, key), "utf8")).toBe(key.repeat(1_000));
			for await (const { key, size } of store.list("")) expect(size).toBe(key.length * 1_000);
		}
	});

	it("says that the disk is full, leaves no part of an object, and works again once there is room", async ({
		skip,
	}) => {
		const small = smallFileSystem(2);
		if ("missing" in small) return skip(small.missing);
		try {
			root = join(small.path, "objects");
			const store = new DirectoryObjectStore(root);
			await store.put("before", "whole");
			small.fill();
			const full = { code: "DISK_FULL", class: "transient", fix: expect.stringContaining("Make room") };
			await expect(store.put("big", "x".repeat(100_000))).rejects.toMatchObject(full);
			await expect(store.putIfAbsent("big", "x".repeat(100_000))).rejects.toMatchObject(full);
			expect(existsSync(join(root, "big"))).toBe(false);
			expect(left()).toEqual([]);
			small.makeRoom();
			await store.put("big", "x".repeat(100_000));
			expect((await store.head("big"))?.size).toBe(100_000);
			expect((await store.head("before"))?.size).toBe(5);
		} finally {
			small.remove();
		}
	});
});
