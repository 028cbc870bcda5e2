import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOf, storedKey, storedPrefix } from "#connectors/s3/stored-key.ts";
import { pathFromBytes } from "#domain/path.ts";

describe("the key of an object in S3", () => {
	const part = fc
		.uint8Array({ minLength: 1, maxLength: 40 })
		.map((bytes) => pathFromBytes(bytes.map((byte) => (byte === 0 || byte === 0x2e || byte === 0x2f ? 0x25 : byte))));

	it("can be carried by XML, and is the same one when it comes back, whatever bytes a name has", () => {
		fc.assert(
			fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
				const key = parts.join("/");
				const stored = storedKey("p/", key);
				expect(stored.isWellFormed()).toBe(true);
				expect(stored).not.toMatch(/[\p{Cc}\ufffe\uffff]/u);
				expect(keyOf("p/", stored)).toBe(key);
			}),
		);
	});

	it("is itself where nothing speaks against it, in whatever script", () => {
		for (const key of ["results/j1-2/artifacts/plot.png", "ü/日本/🧪 '\"?#*+&<>\\.csv"]) {
			expect(storedKey("lab/", key)).toBe(`lab/${key}`);
			expect(keyOf("lab/", `lab/${key}`)).toBe(key);
		}
	});

	it("begins as the keys that it is listed by begin", () => {
		expect(storedPrefix("lab/", "plate\udcff 100%")).toBe("lab/plate%FF 100%25");
		expect(storedPrefix("lab/", "")).toBe("lab/");
		expect(() => storedPrefix("lab/", "../")).toThrow(expect.objectContaining({ code: "OBJECT_KEY" }));
	});

	it("is taken as it is where somebody else made it", () => {
		expect(keyOf("", "100%/ok%zz")).toBe("100%/ok%zz");
	});
});
