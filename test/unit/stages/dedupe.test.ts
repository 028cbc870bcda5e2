import { delay, pipe } from "rxjs";
import { describe, it } from "vitest";
import { permanent, transient } from "#core/errors.ts";
import { delivered, type Outcome, rejected, retry } from "#core/outcome.ts";
import { dedupe } from "#stages/dedupe.ts";
import { marbles } from "./marbles.ts";

/** Upper and lower case of a letter are one event. */
const once = (capacity = 10) => dedupe<string>({ key: (letter) => letter.toLowerCase(), capacity });

describe("dedupe", () => {
	it("lets each key pass once, and delivers it again without passing", () => {
		marbles((t) => {
			const source$ = t.hot(" a-A-b-a|");
			const expected = "      a---b--|";
			const resolved = "      a-A-b-a";
			const subscription = "  ^------!";
			t.expectObservable(t.through(source$, once())).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("lets another wait for the outcome of the first while that is on its way", () => {
		marbles((t) => {
			const source$ = t.hot(" aAa------|");
			const expected = "      ----a----|";
			const resolved = "      ----(xyx)";
			const subscription = "  ^--------!";
			const stage = pipe(once(), delay(4, t.scheduler));
			t.expectObservable(t.through(source$, stage, () => rejected(permanent("BAD", "bad")))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved, { x: "a rejected BAD", y: "A rejected BAD" });
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it.each<[string, Outcome, string]>([
		["came back as retry", retry(transient("AWAY", "away"), 5), "a retry AWAY after 5"],
		["was rejected", rejected(permanent("BAD", "bad")), "a rejected BAD"],
	])("lets a key pass again that %s", (_, outcome, first) => {
		marbles((t) => {
			const source$ = t.hot(" a-A-a|");
			const expected = "      a-A--|";
			const resolved = "      x-A-a";
			t.expectObservable(t.through(source$, once(), (letter) => (letter === "a" ? outcome : delivered))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved, { x: first, A: "A", a: "a" });
		});
	});

	it("remembers so many keys, those asked for last", () => {
		marbles((t) => {
			const source$ = t.hot(" ab-A-c-b-C|");
			const expected = "      ab---c-b--|";
			const subscription = "  ^---------!";
			t.expectObservable(t.through(source$, once(2))).toBe(expected);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it.each([
		["it is unsubscribed", "ab-----", "^--!", "ab--", "^--!"],
		["the source fails", "   ab-#", "   ^   ", "ab-#", "^--!"],
	])("holds nothing when %s", (_, source, until, expected, subscription) => {
		marbles((t) => {
			const source$ = t.hot(source);
			t.expectObservable(t.through(source$, once()), until).toBe(expected);
			t.expectObservable(t.resolved$).toBe("ab");
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});
});
