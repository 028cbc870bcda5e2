import fc from "fast-check";
import { expect, test } from "vitest";
import { didYouMean, editDistance } from "#config/did-you-mean.ts";

test("the nearest name is offered for a slip", () => {
	expect(didYouMean("inclde", ["include", "exclude", "watch"])).toBe("include");
	expect(didYouMean("wacth", ["watch", "mode"])).toBe("watch");
	expect(didYouMean("Plates", ["plates", "plate-2"])).toBe("plates");
});

test("nothing is offered when nothing is near", () => {
	expect(didYouMean("broker", ["data", "http", "sources"])).toBeUndefined();
	expect(didYouMean("x", [])).toBeUndefined();
});

test("the distance is zero for equals only, the same both ways, and never longer than the longer word", () => {
	const word = fc.string({ maxLength: 8 });
	fc.assert(
		fc.property(word, word, (a, b) => {
			const distance = editDistance(a, b);
			expect(distance === 0).toBe(a === b);
			expect(distance).toBe(editDistance(b, a));
			expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
		}),
	);
});
