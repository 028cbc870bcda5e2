import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor } from "#catalog/cursor.ts";

describe("a cursor", () => {
	it("gives back the position that was put in", () => {
		fc.assert(
			fc.property(fc.maxSafeInteger(), fc.string(), (at, id) => {
				const cursor = encodeCursor("jobs", "desc", [at, id]);
				expect(decodeCursor(cursor, "jobs", "desc", ["number", "string"])).toEqual([at, id]);
			}),
		);
	});

	it("is refused when it is anything else, never followed and never a crash", () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.string(),
					fc.base64String(),
					fc.json().map((text) => Buffer.from(text).toString("base64url")),
				),
				(text) => {
					expect(() => decodeCursor(text, "jobs", "desc", ["number", "string"])).toThrow(
						expect.objectContaining({ code: "CURSOR_INVALID", fix: expect.any(String) }),
					);
				},
			),
		);
	});
});
