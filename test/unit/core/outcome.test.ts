import { describe, expect, it } from "vitest";
import { permanent, transient } from "#core/errors.ts";
import { delivered, failure, rejected, retry, tornDown, worse } from "#core/outcome.ts";

const away = retry(transient("AWAY", "away"), 50);
const bad = rejected(permanent("BAD", "bad"));

describe("the worse of two outcomes", () => {
	it.each([
		["a rejection outweighs a retry", bad, away, bad],
		["a retry outweighs a delivery", away, delivered, away],
		["a rejection outweighs a delivery", bad, delivered, bad],
	])("%s, in either order", (_, a, b, expected) => {
		expect(worse(a, b)).toBe(expected);
		expect(worse(b, a)).toBe(expected);
	});

	it("is the first of two equally bad ones, so that the earliest cause is told", () => {
		const later = retry(transient("LATER", "later"));
		expect(worse(away, later)).toBe(away);
		expect(worse(later, away)).toBe(later);
	});
});

describe("what a thrown value makes of its message", () => {
	it("is retry where that may help", () => {
		expect(failure(transient("AWAY", "away"))).toMatchObject({ kind: "retry", cause: { code: "AWAY" } });
		const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
		expect(failure(full)).toMatchObject({ kind: "retry", cause: { code: "ENOSPC", cause: full } });
	});

	it("is rejected where it does not, with what was thrown as the cause", () => {
		expect(failure(permanent("BAD", "bad"))).toMatchObject({ kind: "rejected", cause: { code: "BAD" } });
		const wrong = new TypeError("undefined is not a function");
		expect(failure(wrong)).toMatchObject({
			kind: "rejected",
			cause: { code: "UNEXPECTED", class: "fault", cause: wrong },
		});
		expect(failure("a word")).toMatchObject({ kind: "rejected", cause: { message: "a word" } });
	});
});

it("what was torn down comes again", () => {
	expect(tornDown).toMatchObject({ kind: "retry", cause: { code: "TORN_DOWN", class: "transient" } });
});
