import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ObjectStore, StoredObject } from "#core/ports/object-store.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** Where object stores differ by right. */
export interface Capabilities {
	/** Lists in the order of the keys' bytes; else in some order. */
	readonly ordered: boolean;
	/** Of any number of writers that put if absent at once, exactly one wins; else each is told what it saw. */
	readonly atomicIfAbsent: boolean;
	/** What is being replaced is read as it was or as it will be; else a reader may be told OBJECT_DAMAGED meanwhile. */
	readonly replacesWhole: boolean;
}

export interface ObjectStoreUnderTest {
	/** Opens the same, at first empty, store each time. */
	open(): Promise<ObjectStore>;
	dispose(): Promise<void>;
}

export function describeObjectStore(name: string, can: Capabilities, setUp: () => Promise<ObjectStoreUnderTest>): void {
	describe(`object store: ${name}`, () => {
		let under: ObjectStoreUnderTest;
		let store: ObjectStore;
		let local: ReturnType<typeof temporaryDirectory>;

		beforeEach(async () => {
			local = temporaryDirectory();
			under = await setUp();
			store = await under.open();
		});

		afterEach(async () => {
			await store.close();
			await under.dispose();
			local.remove();
		});

		const read = async (key: string, range?: { start: number; end: number }) => text(await store.get(key, range));
		const list = async (prefix: string) => {
			const keys = (await all(store.list(prefix))).map((object) => object.key);
			return can.ordered ? keys : keys.sort();
		};

		it("gives back what was put, text and bytes", async () => {
			await store.put("a/text.json", '{"µ":1}');
			await store.put("a/bytes", new Uint8Array([0, 255, 10, 13]));
			expect(await read("a/text.json")).toBe('{"µ":1}');
			expect([...(await buffer(await store.get("a/bytes")))]).toEqual([0, 255, 10, 13]);
		});

		it("gives back a file whole", async () => {
			const file = join(local.path, "plot.png");
			const content = Buffer.alloc(3_000_000, "0123456789");
			await writeFile(file, content);
			await store.putFile("jobs/1/plot.png", file);
			expect(content.equals(await buffer(await store.get("jobs/1/plot.png")))).toBe(true);
			expect((await store.head("jobs/1/plot.png"))?.size).toBe(content.length);
		});

		it("stores a file only if it is what it is said to be, small or large", async () => {
			const file = join(local.path, "raw");
			for (const content of ["small", Buffer.alloc(9_000_000, "large")]) {
				await writeFile(file, content);
				const sha256 = createHash("sha256").update(content).digest("hex");
				await store.putFile(`inputs/${content.length}`, file, sha256);
				expect((await store.head(`inputs/${content.length}`))?.size).toBe(content.length);
				await writeFile(file, Buffer.alloc(content.length, "other"));
				const changed = { code: "FILE_CHANGED", class: "transient" };
				await expect(store.putFile("changed", file, sha256)).rejects.toMatchObject(changed);
				expect(await store.head("changed")).toBeUndefined();
			}
		});

		it("keeps an empty object apart from none", async () => {
			await store.put("empty", "");
			expect(await store.head("empty")).toMatchObject({ key: "empty", size: 0 });
			expect(await read("empty")).toBe("");
			expect(await store.head("none")).toBeUndefined();
		});

		it("replaces what was there", async () => {
			await store.put("a", "older and longer");
			await store.put("a", "new");
			expect(await read("a")).toBe("new");
		});

		it("tells size and time of an object", async () => {
			const before = Date.now() - 5_000;
			await store.put("a", "12345");
			const head = await store.head("a");
			expect(head).toMatchObject({ key: "a", size: 5 });
			expect(head?.modifiedAt).toBeGreaterThan(before);
		});

		it("gives a range, both ends included, and what is there of one that goes over the end", async () => {
			await store.put("a", "0123456789");
			expect(await read("a", { start: 2, end: 4 })).toBe("234");
			expect(await read("a", { start: 8, end: 100 })).toBe("89");
		});

		it("says that an object is missing", async () => {
			const missing = { code: "OBJECT_MISSING", class: "permanent" };
			await expect(store.get("a")).rejects.toMatchObject(missing);
			await store.put("a/b", "");
			await expect(store.get("a")).rejects.toMatchObject(missing);
			await expect(store.get("a/b/c")).rejects.toMatchObject(missing);
			expect(await store.head("a/b/c")).toBeUndefined();
		});

		it("puts only if absent, and then leaves what is there alone", async () => {
			expect(await store.putIfAbsent("a/b", "first")).toBe(true);
			expect(await store.putIfAbsent("a/b", "second")).toBe(false);
			expect(await read("a/b")).toBe("first");
		});

		it("lets one of twenty writers win that put if absent at once, or leaves one of them where none can be told", async () => {
			const bodies = Array.from({ length: 20 }, (_, n) => `writer ${n}`);
			const won = await Promise.all(bodies.map((body) => store.putIfAbsent("race/one", body)));
			const winners = bodies.filter((_, n) => won[n]);
			expect(winners).toContain(await read("race/one"));
			if (can.atomicIfAbsent) expect(winners).toHaveLength(1);
		});

		it("is whole while it is being replaced: a reader sees one body or the other", async () => {
			const bodies = ["a".repeat(200_000), "b".repeat(100_000)];
			await store.put("x", bodies[0] as string);
			const writing = (async () => {
				for (let n = 1; n <= 20; n++) await store.put("x", bodies[n % 2] as string);
			})();
			for (let n = 0; n < 20; n++) {
				const seen = await read("x").catch((thrown: unknown) => thrown);
				if (can.replacesWhole || typeof seen === "string") expect(bodies).toContain(seen);
				else expect(seen).toMatchObject({ code: "OBJECT_DAMAGED" });
			}
			await writing;
			expect(await read("x")).toBe(bodies[0]);
		});

		it(`lists by prefix${can.ordered ? " in the order of the keys' bytes" : ""}, across directories`, async () => {
			const keys = ["a-b/1", "a.txt", "a/1", "a/b/2", "a/é", "ab", "b/1"];
			for (const key of [...keys].reverse()) await store.put(key, key);
			expect(await list("")).toEqual(keys);
			expect(await list("a/")).toEqual(["a/1", "a/b/2", "a/é"]);
			expect(await list("a")).toEqual(["a-b/1", "a.txt", "a/1", "a/b/2", "a/é", "ab"]);
			expect(await list("a/b")).toEqual(["a/b/2"]);
			expect(await list("none/")).toEqual([]);
		});

		it("tells the size of what it lists", async () => {
			await store.put("a", "12345");
			expect(await all(store.list(""))).toMatchObject([{ key: "a", size: 5 }]);
		});

		it("removes what is named, whether it is there or not", async () => {
			await store.put("a/1", "");
			await store.put("a/2", "");
			await store.remove(["a/1", "a/none", "none/at/all"]);
			expect(await list("")).toEqual(["a/2"]);
		});

		it("refuses keys that lead elsewhere or cannot be kept", async () => {
			const long = "x".repeat(256);
			for (const key of [
				"",
				"/a",
				"a/",
				"a//b",
				"..",
				"../a",
				"a/../../b",
				"./a",
				"a/.",
				"a\0b",
				long,
				"y/".repeat(600),
			]) {
				const refused = { code: "OBJECT_KEY", class: "permanent" };
				await expect(store.put(key, ""), key).rejects.toMatchObject(refused);
				await expect(store.get(key), key).rejects.toMatchObject(refused);
				await expect(store.remove([key]), key).rejects.toMatchObject(refused);
			}
			await expect(all(store.list("../"))).rejects.toMatchObject({ code: "OBJECT_KEY" });
			expect(await list("")).toEqual([]);
		});

		it("takes the names that instruments give: spaces, quotes, newlines, 255 bytes, bytes that are no UTF-8", async () => {
			const keys = ["a b/'\"\n%20?#*.csv", `${"ü".repeat(125)}.csvx`, "plate\udcff\udc80.csv"];
			for (const key of keys) await store.put(key, key.length.toString());
			for (const key of keys) expect(await read(key)).toBe(key.length.toString());
			expect((await list("")).sort()).toEqual([...keys].sort());
		});

		it("leaves nothing under the key of a file that cannot be read", async () => {
			await expect(store.putFile("a", join(local.path, "none"))).rejects.toMatchObject({ code: "ENOENT" });
			expect(await list("")).toEqual([]);
		});

		it("has its objects when it is opened again, and can be closed twice", async () => {
			await store.put("a", "1");
			await store.close();
			await store.close();
			store = await under.open();
			expect(await read("a")).toBe("1");
		});
	});
}

async function all(objects: AsyncIterable<StoredObject>): Promise<StoredObject[]> {
	const listed: StoredObject[] = [];
	for await (const object of objects) listed.push(object);
	return listed;
}
