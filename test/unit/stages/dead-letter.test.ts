import { describe, expect, it } from "vitest";
import type { WatchRabbitError } from "#core/errors.ts";
import { deadLetter } from "#stages/dead-letter.ts";
import { patientMarbles, type StageMarbles } from "./marbles.ts";

/** Lower-case letters can be read; burying another takes 3 ms. */
function reading({ scheduler }: StageMarbles, buried: [string, WatchRabbitError][] = [], fails = false) {
	return deadLetter<string, string>({
		parse: (letter) => {
			if (letter === letter.toLowerCase()) return letter.toUpperCase();
			throw new SyntaxError(`${letter} is not a lower-case letter`);
		},
		bury: (letter, cause) =>
			new Promise((resolve, reject) => {
				scheduler.schedule(() => {
					if (fails) reject(Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" }));
					else resolve(void buried.push([letter, cause]));
				}, 3);
			}),
	});
}

describe("a dead letter", () => {
	it("is kept whole with the reason, and then done; what can be read does not wait for it", async () => {
		const buried: [string, WatchRabbitError][] = [];
		await patientMarbles((t) => {
			const source$ = t.hot(" aXb----|");
			const expected = "      A-B----|";
			const resolved = "      a-b-X";
			const subscription = "  ^------!";
			t.expectObservable(t.through(source$, reading(t, buried))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
		expect(buried).toMatchObject([["X", { message: "X is not a lower-case letter" }]]);
	});

	it("comes again when it could not be kept", async () => {
		await patientMarbles((t) => {
			t.expectObservable(t.through(t.hot("X----|"), reading(t, [], true))).toBe("-----|");
			t.expectObservable(t.resolved$).toBe("---X", { X: "X retry ENOSPC" });
		});
	});

	it("is waited for when the source completes", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot(" X|");
			const expected = "      ---|";
			const resolved = "      ---X";
			const subscription = "  ^!";
			t.expectObservable(t.through(source$, reading(t))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it.each([
		["it is unsubscribed", "X----", "^!", "--", "^!"],
		["the source fails", "   X#", " ^ ", "-#", "^!"],
	])("is still kept when %s, and resolved after that", async (_, source, until, expected, subscription) => {
		await patientMarbles((t) => {
			const source$ = t.hot(source);
			t.expectObservable(t.through(source$, reading(t)), until).toBe(expected);
			t.expectObservable(t.resolved$).toBe("---X");
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});
});
