import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayPath, fsPath, isPortable, pathFromBytes, pathToBytes } from "#domain/path.ts";

const bytes = (...values: number[]) => Buffer.from(values);

describe("a path", () => {
	it("comes back from its string byte for byte, whatever its bytes", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), (name) => {
				expect(pathToBytes(pathFromBytes(name)).equals(Buffer.from(name))).toBe(true);
			}),
			{ numRuns: 2_000 },
		);
	});

	it("comes back when invalid bytes stand among whole characters", () => {
		const part = fc.oneof(
			fc.string({ unit: "grapheme", maxLength: 5 }).map((text) => Buffer.from(text.toWellFormed())),
			fc.uint8Array({ maxLength: 3 }).map((raw) => Buffer.from(raw)),
		);
		fc.assert(
			fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
				const name = Buffer.concat(parts);
				expect(pathToBytes(pathFromBytes(name)).equals(name)).toBe(true);
			}),
			{ numRuns: 2_000 },
		);
	});

	it("is itself where it is UTF-8, and one lone surrogate a byte where it is not", () => {
		expect(pathFromBytes(Buffer.from("Proben/Größe 😀.csv"))).toBe("Proben/Größe 😀.csv");
		expect(pathFromBytes(bytes(0x61, 0xff, 0x62))).toBe("a\udcffb");
		expect(pathFromBytes(bytes(0xc3))).toBe("\udcc3");
	});

	it("does not read a surrogate written as UTF-8 bytes as one of its own escapes", () => {
		const written = bytes(0xed, 0xb3, 0xbf);
		expect(pathFromBytes(written)).toBe("\udced\udcb3\udcbf");
		expect(pathToBytes(pathFromBytes(written)).equals(written)).toBe(true);
	});

	it("gives the file system a string where that is exact, and bytes where it is not", () => {
		expect(fsPath("a/ü.csv")).toBe("a/ü.csv");
		expect(fsPath("a/\udcff.csv")).toEqual(Buffer.concat([Buffer.from("a/"), bytes(0xff), Buffer.from(".csv")]));
		expect(isPortable("a/ü.csv")).toBe(true);
		expect(isPortable("a/\udcff.csv")).toBe(false);
	});

	it("survives JSON", () => {
		const path = pathFromBytes(bytes(0x61, 0x0a, 0xfe, 0x80));
		expect(JSON.parse(JSON.stringify(path))).toBe(path);
	});

	it("is shown to people on one line, so that two paths are never shown alike", () => {
		expect(displayPath("a\nb\tc\\d\udcff\u0007\u007fü")).toBe("a\\nb\\tc\\\\d\\xff\\x07\\x7fü");
		expect(displayPath("a\\n")).not.toBe(displayPath("a\n"));
	});
});
