import { createHash } from "node:crypto";
import {
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Reception } from "#connectors/file/reception.ts";
import { Uploads } from "#connectors/file/uploads.ts";
import type { Terms } from "#core/ports/inlet.ts";
import { smallFileSystem } from "#test/support/small-file-system.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const whatever: Terms = { onlyNew: false, replacing: undefined };

describe("files that come in parts", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let root: string;
	let uploads: Uploads;
	beforeEach(() => {
		directory = temporaryDirectory();
		root = join(directory.path, "watched");
		mkdirSync(root);
		uploads = new Uploads(root, new Reception(root, 1_000));
	});
	afterEach(() => directory.remove());

	const begin = async (path: string, bytes: number, digests = {}) =>
		(await uploads.create({ path, bytes, ...digests, terms: whatever })).id;
	async function* body(...parts: string[]): AsyncGenerator<Uint8Array> {
		for (const part of parts) yield Buffer.from(part);
	}
	const beside = () => readdirSync(join(root, ".tmp/uploads"));

	it("are held against a SHA-512 as well", async () => {
		const sha512 = createHash("sha512").update("abd").digest("hex");
		const id = await begin("a.csv", 3, { sha512 });
		await expect(uploads.append(id, 0, body("abc"))).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
		await expect(uploads.find(id)).rejects.toMatchObject({ code: "UPLOAD_UNKNOWN" });
	});

	it("are not given up while a part of them comes", async () => {
		const id = await begin("a.csv", 6);
		const giving = async function* () {
			yield Buffer.from("abc");
			await expect(uploads.remove(id)).rejects.toMatchObject({ code: "UPLOAD_BUSY" });
			yield Buffer.from("def");
		};
		expect(await uploads.append(id, 0, giving())).toMatchObject({ received: { became: "created" } });
	});

	it("are unknown where what had come is taken away while a part of them comes", async () => {
		const id = await begin("a.csv", 6);
		const losing = async function* () {
			yield Buffer.from("abc");
			rmSync(join(root, ".tmp"), { recursive: true });
		};
		await expect(uploads.append(id, 0, losing())).rejects.toMatchObject({ code: "UPLOAD_UNKNOWN" });
	});

	it("lie beside whole until what keeps them from their place is mended, and their last byte comes again", async () => {
		const id = await begin("day/a.csv", 3);
		symlinkSync(directory.path, join(root, "day"));
		await expect(uploads.append(id, 0, body("abc"))).rejects.toMatchObject({ code: "PATH_THROUGH_LINK" });
		rmSync(join(root, "day"));
		expect(await uploads.find(id)).toMatchObject({ offset: 2 });
		expect(await uploads.append(id, 2, body("c"))).toMatchObject({ offset: 3, received: { became: "created" } });
		expect(readFileSync(join(root, "day/a.csv"), "utf8")).toBe("abc");
		expect(beside()).toEqual([]);
	});

	it("are not said to be whole where the process was killed before they had their place", async () => {
		const id = await begin("a.csv", 3);
		writeFileSync(join(root, ".tmp/uploads", `${id}.part`), "abc");
		expect(await uploads.find(id)).toMatchObject({ offset: 2 });
		expect(await uploads.append(id, 2, body("c"))).toMatchObject({ received: { became: "created" } });
		expect(readFileSync(join(root, "a.csv"), "utf8")).toBe("abc");
	});

	it("are not said to be over while their share is away", async () => {
		const id = await begin("a.csv", 3);
		renameSync(root, `${root}.away`);
		await expect(uploads.find(id)).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE", class: "transient" });
		renameSync(`${root}.away`, root);
		expect(await uploads.find(id)).toMatchObject({ offset: 0 });
	});

	it("leave nothing for ever, whatever of them a process that was killed has left", async () => {
		await begin("note.csv", 3);
		for (const name of beside().filter((name) => name.endsWith(".part"))) rmSync(join(root, ".tmp/uploads", name));
		await begin("part.csv", 3);
		for (const name of beside()) utimesSync(join(root, ".tmp/uploads", name), 1, 1);
		const id = await begin("a.csv", 3);
		expect(beside().sort()).toEqual([`${id}.json`, `${id}.part`]);
	});

	it("are no more than a thousand at a time", async () => {
		const first = await begin("a.csv", 3);
		for (let n = 1; n < 1_000; n++) writeFileSync(join(root, ".tmp/uploads", `${n}.part`), "");
		await expect(begin("b.csv", 3)).rejects.toMatchObject({ code: "UPLOADS_TOO_MANY", class: "transient" });
		await uploads.remove(first);
		await begin("b.csv", 3);
	});
});

it("keep of a part what a file system that fills up has taken, and go on from there", async ({ skip }) => {
	const small = smallFileSystem(1);
	if ("missing" in small) return skip(small.missing);
	try {
		const root = join(small.path, "watched");
		mkdirSync(root);
		const uploads = new Uploads(root, new Reception(root, 1e9));
		const content = Buffer.concat(["A", "B", "C"].map((letter) => Buffer.alloc(60_000, letter)));
		const { id } = await uploads.create({ path: "a.csv", bytes: content.length, terms: whatever });
		small.fill(100_000);
		// There is room again when the chunk after the one that found none comes.
		const body = async function* () {
			yield content.subarray(0, 60_000);
			yield content.subarray(60_000, 120_000);
			small.makeRoom();
			yield content.subarray(120_000);
		};
		await expect(uploads.append(id, 0, body())).rejects.toMatchObject({ code: "DISK_FULL", class: "transient" });
		small.makeRoom();
		const { offset } = await uploads.find(id);
		expect(offset).toBeGreaterThan(60_000);
		const rest = async function* () {
			yield content.subarray(offset);
		};
		expect(await uploads.append(id, offset, rest())).toMatchObject({ received: { became: "created" } });
		expect(readFileSync(join(root, "a.csv")).equals(content)).toBe(true);
	} finally {
		small.remove();
	}
});
