import { createHash } from "node:crypto";
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Reception } from "#connectors/file/reception.ts";
import type { Terms } from "#core/ports/inlet.ts";
import { smallFileSystem } from "#test/support/small-file-system.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const whatever: Terms = { onlyNew: false, replacing: undefined };
const of = (content: string, algorithm = "sha256") => createHash(algorithm).update(content).digest("hex");

async function* inParts(...parts: string[]): AsyncGenerator<Uint8Array> {
	for (const part of parts) yield Buffer.from(part);
}

describe("files that come as streams", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let root: string;
	let reception: Reception;
	beforeEach(() => {
		directory = temporaryDirectory();
		root = join(directory.path, "watched");
		mkdirSync(root);
		reception = new Reception(root, 1_000);
	});
	afterEach(() => directory.remove());

	const receive = (path: string, content: string, terms: Terms = whatever, promised = {}) =>
		reception.receive(path, inParts(...content), promised, terms);
	const there = (path: string) => readFileSync(join(root, path), "utf8");
	/** Nothing but what is named lies there. */
	const left = () => readdirSync(root, { recursive: true }).filter((name) => name !== ".tmp");

	it("are put there whole, with the directories above them, and say what they are", async () => {
		const received = await receive("run 7/plate.csv", "A1,1\n", whatever, { bytes: 5, sha256: of("A1,1\n") });
		expect(received).toEqual({ became: "created", bytes: 5, sha256: of("A1,1\n") });
		expect(there("run 7/plate.csv")).toBe("A1,1\n");
	});

	it("leave nothing where they end early, are other than promised, or too large", async () => {
		const fails = (promised: object, code: string, content = "abc") =>
			expect(receive("a.csv", content, whatever, promised)).rejects.toMatchObject({ code });
		await fails({ bytes: 4 }, "BODY_INCOMPLETE");
		await fails({ sha256: of("abd") }, "DIGEST_MISMATCH");
		await fails({ sha512: of("abd", "sha512") }, "DIGEST_MISMATCH");
		await fails({ bytes: 1_001 }, "PAYLOAD_TOO_LARGE");
		await fails({}, "PAYLOAD_TOO_LARGE", "x".repeat(1_001));
		const cut = async function* () {
			yield Buffer.from("ab");
			throw Object.assign(new Error("aborted"), { code: "ECONNRESET" });
		};
		await expect(reception.receive("a.csv", cut(), {}, whatever)).rejects.toThrow("aborted");
		expect(left()).toEqual([]);
		expect(readdirSync(join(root, ".tmp"))).toEqual([]);
	});

	it("change nothing where the same is there, and replace something else only for who names it", async () => {
		await receive("a.csv", "one");
		expect(await receive("a.csv", "one")).toMatchObject({ became: "unchanged" });
		await expect(receive("a.csv", "two")).rejects.toMatchObject({ code: "FILE_EXISTS" });
		const named = (replacing: Terms["replacing"]): Terms => ({ onlyNew: false, replacing });
		await expect(receive("a.csv", "two", named([of("three")]))).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
		await expect(receive("b.csv", "two", named("*"))).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
		expect(await receive("a.csv", "two", named([of("three"), of("one")]))).toMatchObject({ became: "replaced" });
		expect(await receive("a.csv", "four", named("*"))).toMatchObject({ became: "replaced" });
		expect(there("a.csv")).toBe("four");
	});

	it("are refused whatever is there, where nothing may be", async () => {
		const onlyNew: Terms = { onlyNew: true, replacing: undefined };
		expect(await receive("a.csv", "one", onlyNew)).toMatchObject({ became: "created" });
		await expect(receive("a.csv", "one", onlyNew)).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
	});

	it("are refused where a directory is in the way, or a file where a directory should be", async () => {
		mkdirSync(join(root, "run"));
		writeFileSync(join(root, "file"), "");
		await expect(receive("run", "x")).rejects.toMatchObject({ code: "FILE_EXISTS" });
		await expect(receive("file/a.csv", "x")).rejects.toMatchObject({ code: "FILE_EXISTS" });
	});

	it("come to one content, whoever sends at the same time; who came second hears of it", async () => {
		const all = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => receive("a.csv", `content ${n % 2}`)));
		const became = all.map((one) => (one.status === "fulfilled" ? one.value.became : one.reason.code)).sort();
		expect(became.filter((what) => what === "created")).toHaveLength(1);
		expect(became.filter((what) => what === "unchanged")).toHaveLength(9);
		expect(became.filter((what) => what === "FILE_EXISTS")).toHaveLength(10);
	});

	it("are not put in the place of a share that is away", async () => {
		rmSync(root, { recursive: true });
		await expect(receive("a.csv", "x")).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE", class: "transient" });
		expect(existsSync(root)).toBe(false);
	});

	it("find what a process that was killed has left removed, and what another one writes left alone", async () => {
		mkdirSync(join(root, ".tmp"));
		for (const name of ["killed", "writing"]) writeFileSync(join(root, ".tmp", name), "half");
		utimesSync(join(root, ".tmp/killed"), 1, 1);
		await receive("a.csv", "x");
		expect(readdirSync(join(root, ".tmp"))).toEqual(["writing"]);
	});

	it("are refused where a link is, whatever it leads to, and never say what that is", async () => {
		const outside = join(directory.path, "outside.csv");
		writeFileSync(outside, "kept");
		symlinkSync(outside, join(root, "a.csv"));
		for (const replacing of [undefined, "*", [of("kept")]] as const) {
			for (const content of ["kept", "new"]) {
				await expect(receive("a.csv", content, { onlyNew: false, replacing })).rejects.toMatchObject({
					code: "FILE_EXISTS",
				});
			}
		}
		expect(readFileSync(outside, "utf8")).toBe("kept");
	});

	it("do not go through a link that takes the place of a directory while they come", async () => {
		const outside = join(directory.path, "outside");
		for (const day of [outside, join(root, "day")]) {
			mkdirSync(day);
			writeFileSync(join(day, "a.csv"), "kept");
		}
		const body = async function* () {
			yield Buffer.from("new");
			rmSync(join(root, "day"), { recursive: true });
			symlinkSync(outside, join(root, "day"));
		};
		const replacing: Terms = { onlyNew: false, replacing: "*" };
		await expect(reception.receive("day/a.csv", body(), {}, replacing)).rejects.toMatchObject({
			code: "PATH_THROUGH_LINK",
		});
		expect(readFileSync(join(outside, "a.csv"), "utf8")).toBe("kept");
	});
});

it("leaves nothing on a file system that is full, and takes the file once there is room", async ({ skip }) => {
	const small = smallFileSystem(2);
	if ("missing" in small) return skip(small.missing);
	try {
		const reception = new Reception(small.path, 1e9);
		small.fill(100_000);
		const receive = () => reception.receive("a.csv", inParts("x".repeat(300_000)), {}, whatever);
		await expect(receive()).rejects.toMatchObject({ code: "DISK_FULL", class: "transient" });
		expect(readdirSync(join(small.path, ".tmp"))).toEqual([]);
		small.makeRoom();
		expect(await receive()).toMatchObject({ became: "created" });
	} finally {
		small.remove();
	}
});
