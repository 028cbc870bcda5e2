import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bindingOf, decodeCursor, encodeCursor } from "#catalog/cursor.ts";

describe("a cursor", () => {
	const jobs = bindingOf("jobs", "created", "desc", { source: "plates" });

	it("gives back the position that was put in", () => {
		fc.assert(
			fc.property(fc.maxSafeInteger(), fc.string(), (at, id) => {
				const cursor = encodeCursor(jobs, [at, id]);
				expect(decodeCursor(cursor, jobs, ["number", "string"])).toEqual([at, id]);
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
					expect(() => decodeCursor(text, jobs, ["number", "string"])).toThrow(
						expect.objectContaining({ code: "CURSOR_INVALID", fix: expect.any(String) }),
					);
				},
			),
		);
	});

	it.each([
		["a fraction", "bigint", 1.5],
		["more than 64 bits", "bigint", 1e300],
		["more than 32 bits", "integer", 3e9],
		["a number that is none", "number", "1"],
		["a NUL", "string", "r\0"],
		["half a character", "string", "\ud800"],
	] as const)("is refused with %s where the column holds none", (_, type, value) => {
		expect(() => decodeCursor(encodeCursor(jobs, [value]), jobs, [type])).toThrow("is not a cursor");
	});

	it.each([
		["listing", bindingOf("results", "created", "desc", { source: "plates" })],
		["sort", bindingOf("jobs", "updated", "desc", { source: "plates" })],
		["order", bindingOf("jobs", "created", "asc", { source: "plates" })],
		["filter", bindingOf("jobs", "created", "desc", { source: ["plates"] })],
		["listing and filter", bindingOf("acquisitions", "created", "desc", {})],
	])("is refused where it was given for another %s, which is said", (what, other) => {
		const cursor = encodeCursor(other, [1, "a"]);
		expect(() => decodeCursor(cursor, jobs, ["number", "string"])).toThrow(`another ${what} `);
	});
});
