import { describe, it } from "vitest";
import { coalesce } from "#stages/coalesce.ts";
import { marbles, type StageMarbles } from "./marbles.ts";

const coalescing = ({ scheduler }: StageMarbles, key: (letter: string) => string = () => "directory") =>
	coalesce({ key, quietMs: 4, maxWaitMs: 10, scheduler });

describe("coalesce", () => {
	it("passes a message of a quiet key at once", () => {
		marbles((t) => {
			const source$ = t.hot(" a-----b-----c--|");
			const expected = "      a-----b-----c--|";
			const resolved = "      a-----b-----c";
			const subscription = "  ^--------------!";
			t.expectObservable(t.through(source$, coalescing(t))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("makes of a burst its first message and its latest, and resolves those between with the latest", () => {
		marbles((t) => {
			const source$ = t.hot(" a--bcd--------e--|");
			const expected = "      a--------d----e--|";
			const resolved = "      a--------(bcd)e";
			const subscription = "  ^----------------!";
			t.expectObservable(t.through(source$, coalescing(t))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("holds nothing for longer than its patience while the key never becomes quiet", () => {
		marbles((t) => {
			const source$ = t.hot(" a-b-c-d-e-f-g-h------|");
			const expected = "      a-----------g-----h--|";
			const subscription = "  ^--------------------!";
			t.expectObservable(t.through(source$, coalescing(t))).toBe(expected);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("keeps keys apart", () => {
		marbles((t) => {
			const source$ = t.hot(" aA-bB------|");
			const expected = "      a--b-A--B--|";
			const subscription = "  ^----------!";
			t.expectObservable(
				t.through(
					source$,
					coalescing(t, (letter) => letter.toLowerCase()),
				),
			).toBe(expected);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("passes at once what it holds when the source completes", () => {
		marbles((t) => {
			const source$ = t.hot(" a-bc|");
			const expected = "      a---(c|)";
			const resolved = "      a---(bc)";
			const subscription = "  ^---!";
			t.expectObservable(t.through(source$, coalescing(t))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it.each([
		["it is unsubscribed", "a-bc-----", "^---!", "a----", "^---!"],
		["the source fails", "   a-bc#", "   ^    ", "a---#", "^---!"],
	])("gives back what it holds when %s", (_, source, until, expected, subscription) => {
		marbles((t) => {
			const source$ = t.hot(source);
			const resolved = "a---(bc)";
			t.expectObservable(t.through(source$, coalescing(t)), until).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved, { a: "a", b: "b retry TORN_DOWN", c: "c retry TORN_DOWN" });
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});
});
