import { describe, expect, it } from "vitest";
import { LogBuffer } from "#r-workers/log-buffer.ts";

const kb = 1024;

describe("the log of a run", () => {
	const logOf = (bytes: Buffer, chunk = 7_919): string => {
		const log = new LogBuffer();
		for (let at = 0; at < bytes.length; at += chunk) log.push(bytes.subarray(at, at + chunk));
		expect(log.totalBytes).toBe(bytes.length);
		return log.toString();
	};

	it("is what was printed, also without a last newline, and up to the last byte that there is room for", () => {
		expect(logOf(Buffer.from("µg/ml\nno newline"), 1)).toBe("µg/ml\nno newline");
		expect(logOf(Buffer.alloc(256 * kb, "x"))).toBe("x".repeat(256 * kb));
	});

	it("shows bytes that are no UTF-8 as such", () => {
		expect(logOf(Buffer.from([0x61, 0xff, 0xfe, 0x0a]), 2)).toBe("a\ufffd\ufffd\n");
	});

	it.each([0, 1, 2])("cuts no character in two, and counts all that is left out (%i bytes before)", (before) => {
		const text = "x".repeat(before) + "€".repeat(200 * kb);
		const [, head = "", left, tail = ""] =
			/^(x*€+)\n\[\.\.\. (\d+) bytes left out \.\.\.\]\n(€+)$/.exec(logOf(Buffer.from(text))) ?? [];
		expect(Buffer.byteLength(head) + Number(left) + Buffer.byteLength(tail)).toBe(Buffer.byteLength(text));
	});

	it("keeps head and tail of 100 MB", () => {
		const log = new LogBuffer();
		log.push(Buffer.from("first line\n"));
		for (let i = 0; i < 100; i++) log.push(Buffer.alloc(1_000_000, "x"));
		log.push(Buffer.from("\nlast line"));
		const text = log.toString();
		expect(text.slice(0, 12)).toBe("first line\nx");
		expect(text.slice(-11)).toBe("x\nlast line".slice(-11));
		expect(text).toContain(`\n[... ${100_000_021 - 256 * kb} bytes left out ...]\n`);
	});
});
