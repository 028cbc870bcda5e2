import { closeSync, openSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Content } from "#connectors/file/content.ts";
import { hasFooter } from "#connectors/file/footer.ts";
import { probe } from "#connectors/file/probe.ts";
import type { CompletenessProfile } from "#domain/settings.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
	directory = temporaryDirectory();
});
afterEach(() => directory.remove());

async function withContent<T>(bytes: Uint8Array | string, use: (content: Content) => T | Promise<T>): Promise<T> {
	const file = join(directory.path, "file");
	writeFileSync(file, bytes);
	const fd = openSync(file, "r");
	try {
		return await use(new Content(fd, statSync(file).size));
	} finally {
		closeSync(fd);
	}
}

const missingIn = (bytes: Uint8Array | string, setting: CompletenessProfile["probe"], name = "run.dat") =>
	withContent(bytes, (content) => probe(setting, name, content, () => false));

const text = "well,value\n".repeat(5_000);

describe("gzip", () => {
	const whole = gzipSync(text);

	it("is whole when all of it can be inflated", async () => {
		expect(await missingIn(whole, "gzip")).toBeUndefined();
	});

	it("is whole with several members, as cat makes it", async () => {
		expect(await missingIn(Buffer.concat([whole, gzipSync("more")]), "gzip")).toBeUndefined();
	});

	it.each([1, 8, 9, 40])("waits for its end when the last %d bytes are missing", async (bytes) => {
		expect(await missingIn(whole.subarray(0, -bytes), "gzip")).toBe("the end of the gzip stream");
	});

	it("is not whole when its checksum is wrong", async () => {
		const wrong = Buffer.from(whole);
		wrong.writeUInt32LE(12345, wrong.length - 8);
		expect(await missingIn(wrong, "gzip")).toMatch(/an intact gzip stream/);
	});

	it("is not whole when it was preallocated and only its beginning is written", async () => {
		const preallocated = Buffer.alloc(whole.length);
		whole.copy(preallocated, 0, 0, whole.length / 2);
		expect(await missingIn(preallocated, "gzip")).toBeDefined();
	});

	it("needs the end block if it is BGZF, because a cut between blocks inflates well", async () => {
		const end = Buffer.from("1f8b08040000000000ff0600424302001b0003000000000000000000", "hex");
		expect(await missingIn(Buffer.concat([end, end]), "gzip")).toBeUndefined();
		expect(await missingIn(Buffer.concat([end, whole]), "gzip")).toBe("the end block of the BGZF file");
	});

	it("needs a header", async () => {
		expect(await missingIn("plain text", "gzip")).toBe("a gzip header");
		expect(await missingIn("", "gzip")).toBe("a gzip header");
	});
});

describe("zip", () => {
	const missing = "the central directory at the end of the zip archive";

	it("is whole when the central directory lies where the end says", async () => {
		expect(await missingIn(zip("plate.csv", text), "zip")).toBeUndefined();
	});

	it("is whole behind a comment that looks like an end", async () => {
		expect(await missingIn(zip("plate.csv", text, "PK\x05\x06 is no end"), "zip")).toBeUndefined();
	});

	it("is whole when it is empty", async () => {
		expect(await missingIn(zip(undefined, ""), "zip")).toBeUndefined();
	});

	it.each([1, 22, 60])("waits when the last %d bytes are missing", async (bytes) => {
		expect(await missingIn(zip("plate.csv", text).subarray(0, -bytes), "zip")).toBe(missing);
	});

	it("waits when its middle is missing", async () => {
		const whole = zip("plate.csv", text);
		expect(await missingIn(Buffer.concat([whole.subarray(0, 100), whole.subarray(2_000)]), "zip")).toBe(missing);
	});
});

describe("XML", () => {
	const whole = `<?xml version="1.0"?>\n<!-- <run> -->\n<!DOCTYPE run [<!ELEMENT run ANY>]>\n<run id="a>b"><scan/></run>\n<!-- end -->\n`;

	it("is whole when its root element is closed and only comments follow", async () => {
		expect(await missingIn(whole, "xml")).toBeUndefined();
	});

	it("is whole when the root element is empty", async () => {
		expect(await missingIn(`<?xml version="1.0"?><run id="1"/>\n`, "xml")).toBeUndefined();
	});

	it.each(["utf16le", "utf8"] as const)("is read in %s with a byte order mark", async (encoding) => {
		expect(await missingIn(Buffer.from(`\ufeff${whole}`, encoding), "xml")).toBeUndefined();
		expect(await missingIn(Buffer.from(`\ufeff${whole.slice(0, 90)}`, encoding), "xml")).toBe(
			"the end of the XML, </run>",
		);
	});

	it("waits for the end of the root element, and says how it is called", async () => {
		expect(await missingIn(whole.slice(0, whole.indexOf("</run>")), "xml")).toBe("the end of the XML, </run>");
		expect(await missingIn(`${whole}\0\0\0\0`, "xml")).toBe("the end of the XML, </run>");
	});

	it("waits for the root element itself", async () => {
		expect(await missingIn(`<?xml version="1.0"?>\n`, "xml")).toBe("the root element of the XML");
	});
});

describe("JSON", () => {
	it("is whole when it parses, with or without a byte order mark", async () => {
		expect(await missingIn(`{"wells": ["A1", "}"]}\n`, "json")).toBeUndefined();
		expect(await missingIn(`\ufeff[1]`, "json")).toBeUndefined();
	});

	it("waits for its end", async () => {
		expect(await missingIn(`{"wells": ["A1"`, "json")).toMatch(/^the end of the JSON/);
		expect(await missingIn("", "json")).toMatch(/^the end of the JSON/);
	});

	it("is followed by its nesting where it is too large to be parsed", async () => {
		const large = JSON.stringify({ note: `"}]\\`, data: "x".repeat(17_000_000), wells: [{ a: 1 }] });
		expect(await missingIn(large, "json")).toBeUndefined();
		expect(await missingIn(large.slice(0, -1), "json")).toBe("the end of the JSON");
		expect(await missingIn(large.slice(0, 16_900_000), "json")).toBe("the end of the JSON");
	});
});

describe("a pointer of Git LFS", () => {
	const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 2540\n`;

	it("is never whole: what it stands for is awaited, with what brings it", async () => {
		const missing = "the 2540 bytes that this pointer of Git LFS stands for: `git lfs pull` brings them";
		expect(await missingIn(pointer, "auto", "A1701001.SP")).toBe(missing);
		expect(await missingIn(pointer.slice(0, 60), "auto", "run.fast5")).toMatch(/^the content that this pointer/);
	});

	it("is a file like any other where nobody asked what it is", async () => {
		expect(await missingIn(pointer, "none")).toBeUndefined();
	});
});

describe("HDF5", () => {
	it.each([0, 1, 2, 3])("version %d is whole when it is as long as its superblock says", async (version) => {
		expect(await missingIn(hdf5(version, 4_096), "hdf5")).toBeUndefined();
		expect(await missingIn(hdf5(version, 4_096).subarray(0, 4_000), "hdf5")).toBe("96 more bytes of the HDF5 file");
	});

	it("is found behind a user's block", async () => {
		expect(await missingIn(Buffer.concat([Buffer.alloc(512), hdf5(2, 4_096)]), "hdf5")).toBeUndefined();
		expect(await missingIn(Buffer.concat([Buffer.alloc(512), hdf5(2, 4_096).subarray(0, 4_095)]), "hdf5")).toBe(
			"1 more bytes of the HDF5 file",
		);
	});

	it("waits while its writer has it open", async () => {
		const open = hdf5(3, 4_096);
		open[11] = 1;
		expect(await missingIn(open, "hdf5")).toBe("the writer of the HDF5 file to close it");
	});

	it("waits for its superblock", async () => {
		expect(await missingIn(Buffer.alloc(4_096), "hdf5")).toBe("the superblock of the HDF5 file");
	});
});

describe("auto", () => {
	it("believes the first bytes and not the name", async () => {
		expect(await missingIn("well\tvalue\n", "auto", "export.xlsx")).toBeUndefined();
		expect(await missingIn(gzipSync(text).subarray(0, 50), "auto", "export.csv")).toBe("the end of the gzip stream");
	});

	it("believes the name while the first bytes are not written", async () => {
		expect(await missingIn(Buffer.alloc(1_000), "auto", "run.h5")).toBe("the superblock of the HDF5 file");
		expect(await missingIn("", "auto", "reads.fastq.gz")).toBe("a gzip header");
		expect(await missingIn("", "auto", "plate.csv")).toBeUndefined();
	});

	it("parses what is named .json", async () => {
		expect(await missingIn("{", "auto", "run.json")).toMatch(/^the end of the JSON/);
	});
});

describe("a footer", () => {
	const footer = (pattern: string, flags = "", withinBytes = 64) => ({ pattern, flags, withinBytes });

	it("is looked for near the end alone", async () => {
		const export_ = `~End~\n${"x".repeat(100)}`;
		expect(await withContent(export_, (content) => hasFooter(content, footer("~End~")))).toBe(false);
		expect(await withContent(`${export_}\n~End~\r\n`, (content) => hasFooter(content, footer("~End~\\s*$")))).toBe(
			true,
		);
	});

	it("is found in UTF-8 and in UTF-16", async () => {
		for (const encoding of ["utf8", "utf16le"] as const) {
			const bytes = Buffer.from("\ufeffWerte\nMeßende: é\n", encoding);
			expect(await withContent(bytes, (content) => hasFooter(content, footer("meßende: é", "i")))).toBe(true);
		}
	});

	it("may be bytes that are no text, and is found each time it is asked for", async () => {
		const bytes = Buffer.from([1, 2, 3, 0xff, 0xd9]);
		await withContent(bytes, (content) => {
			expect(hasFooter(content, footer("\\xff\\xd9$", "g"))).toBe(true);
			expect(hasFooter(content, footer("\\xff\\xd9$", "g"))).toBe(true);
			expect(hasFooter(content, footer("\\xff\\xd8$"))).toBe(false);
		});
	});
});

/** An archive with one stored file. */
function zip(name: string | undefined, data: string, comment = ""): Buffer {
	const end = Buffer.alloc(22);
	end.write("PK\x05\x06", 0, "latin1");
	end.writeUInt16LE(comment.length, 20);
	const tail = Buffer.from(comment, "latin1");
	if (name === undefined) return Buffer.concat([end, tail]);
	const local = Buffer.alloc(30);
	local.write("PK\x03\x04", 0, "latin1");
	local.writeUInt16LE(name.length, 26);
	const central = Buffer.alloc(46);
	central.write("PK\x01\x02", 0, "latin1");
	central.writeUInt16LE(name.length, 28);
	const body = Buffer.concat([local, Buffer.from(name), Buffer.from(data)]);
	const directory = Buffer.concat([central, Buffer.from(name)]);
	end.writeUInt16LE(1, 8);
	end.writeUInt16LE(1, 10);
	end.writeUInt32LE(directory.length, 12);
	end.writeUInt32LE(body.length, 16);
	return Buffer.concat([body, directory, end, tail]);
}

/** A superblock of the version with 8-byte addresses, in a file of the size that it names. */
function hdf5(version: number, size: number): Buffer {
	const file = Buffer.alloc(size);
	file.write("\x89HDF\r\n\x1a\n", 0, "latin1");
	file[8] = version;
	file[version < 2 ? 13 : 9] = 8;
	const base = version === 0 ? 24 : version === 1 ? 28 : 12;
	file.writeBigUInt64LE(BigInt(size), base + 16);
	return file;
}
