import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectoryObjectStore } from "#connectors/file/object-store.ts";
import type { Member } from "#domain/acquisition.ts";
import { inputKey } from "#domain/object-keys.ts";
import { fsPath } from "#domain/path.ts";
import { InputCache } from "#runtime/input-cache.ts";
import { acquisition } from "#test/support/acquisitions.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describe("copies of archived inputs", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let objects: Store;
	let cache: InputCache;

	class Store extends DirectoryObjectStore {
		downloads = 0;
		override async get(key: string, range?: { readonly start: number; readonly end: number }) {
			this.downloads++;
			return super.get(key, range);
		}
	}

	beforeEach(() => {
		directory = temporaryDirectory();
		mkdirSync(path("cache"));
		objects = new Store(path("objects"));
		cache = new InputCache(objects, path("cache"), 25);
	});
	afterEach(() => directory.remove());

	const path = (name: string) => join(directory.path, name);
	const sha256Of = (content: string) => createHash("sha256").update(content).digest("hex");
	const memberOf = (name: string, content: string): Member => {
		const stat = { mtimeNs: "0", ctimeNs: "0", inode: "0" };
		return { ...stat, path: name, size: content.length, sha256: sha256Of(content) };
	};
	const archive = async (name: string, content: string) => {
		await objects.put(inputKey(sha256Of(content)), content);
		return memberOf(name, content);
	};
	const fetch = (members: readonly Member[], to: string) =>
		cache.fetch({ acquisition: { ...acquisition("run", "", { members }), id: "a" }, root: "elsewhere" }, path(to));
	const read = (name: string) => readFileSync(fsPath(path(name)), "utf8");

	it("are brought to where they are asked for, by their own names, whatever bytes those have", async () => {
		const members = [await archive("sub/a.csv", "first"), await archive("b\udcff.csv", "second")];
		expect(await fetch(members, "run")).toMatchObject({ root: path("run"), acquisition: { members } });
		expect([read("run/sub/a.csv"), read("run/b\udcff.csv")]).toEqual(["first", "second"]);
	});

	it("are downloaded once for all who ask, at the same time or later", async () => {
		const member = await archive("a.csv", "0123456789");
		await Promise.all(["one", "two", "three"].map((to) => fetch([member], to)));
		await fetch([member], "four");
		expect(objects.downloads).toBe(1);
		expect(["one", "two", "three", "four"].map((to) => read(`${to}/a.csv`))).toEqual(Array(4).fill("0123456789"));
	});

	it("belong to one run: what it writes into them spoils nobody else's", async () => {
		const member = await archive("a.csv", "0123456789");
		await fetch([member], "one");
		writeFileSync(path("one/a.csv"), "scribbled");
		await fetch([member], "two");
		expect(read("two/a.csv")).toBe("0123456789");
	});

	it("stay up to the bound: what was not used for longest goes first", async () => {
		const [a, b, c] = await Promise.all(["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"].map((text) => archive("x", text)));
		for (const member of [a, b, a, c]) await fetch([member as Member], "run");
		expect(readdirSync(path("cache"))).toHaveLength(2);
		await fetch([a as Member], "run");
		expect(objects.downloads).toBe(3);
		await fetch([b as Member], "run");
		expect(objects.downloads).toBe(4);
	});

	it("are brought also when one is larger than the bound, and does not stay", async () => {
		const member = await archive("x", "x".repeat(100));
		await fetch([member], "run");
		expect(read("run/x")).toBe("x".repeat(100));
		expect(readdirSync(path("cache"))).toEqual([]);
	});

	it("are none where the archive does not have all of them, until it does", async () => {
		const missing = memberOf("a.csv", "later");
		expect(await fetch([missing], "run")).toBeUndefined();
		await archive("a.csv", "later");
		expect(await fetch([missing], "run")).toBeDefined();
		expect(read("run/a.csv")).toBe("later");
	});

	it("are refused when they are not what was stored", async () => {
		const member = memberOf("a.csv", "right");
		await objects.put(inputKey(member.sha256), "wrong");
		await expect(fetch([member], "run")).rejects.toMatchObject({ code: "INPUT_DAMAGED", class: "permanent" });
		expect(readdirSync(path("cache"))).toEqual([]);
	});

	it.each(["../a.csv", "/a.csv", "x/../../a.csv"])("are written nowhere else: %s", async (name) => {
		const member = { ...(await archive("a.csv", "1")), path: name };
		await expect(fetch([member], "run")).rejects.toMatchObject({ code: "INPUT_PATH", class: "permanent" });
	});
});
