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
