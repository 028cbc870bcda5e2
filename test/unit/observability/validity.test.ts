import { expect, it } from "vitest";
import { validityOf } from "#observability/validity.ts";

const [from, to] = ["Jan  1 00:00:00 2026 GMT", "Jan  3 00:00:00 2026 GMT"];

it("a certificate is good from when until when it says", () => {
	expect(validityOf(from, to)).toEqual({ start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 0, 3) });
});

it.each(["", "Bad time value", String(undefined)])("one whose end is told as %j is none", (bad) => {
	expect(() => validityOf(from, bad)).toThrow("no certificate");
	expect(() => validityOf(bad, to)).toThrow("no certificate");
});
