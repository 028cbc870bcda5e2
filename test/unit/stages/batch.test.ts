import { map, type Observable } from "rxjs";
import { describe, it } from "vitest";
import { permanent } from "#core/errors.ts";
import { rejected } from "#core/outcome.ts";
import { batch } from "#stages/batch.ts";
import { marbles, type StageMarbles } from "./marbles.ts";

const joined = (batches$: Observable<readonly string[]>) => batches$.pipe(map((letters) => letters.join("")));
const byCount = ({ scheduler }: StageMarbles) => batch<string>({ count: 3, timeMs: 5, scheduler });

describe("batch", () => {
	it("goes on when it is full, or when its first message has waited long enough", () => {
		marbles((t) => {
			const source$ = t.hot(" ab-c-d-------|");
			const expected = "      ---x------y--|";
			const resolved = "      ---(abc)--d";
			const subscription = "  ^------------!";
			t.expectObservable(joined(t.through(source$, byCount(t)))).toBe(expected, { x: "abc", y: "d" });
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("is full with so many bytes or more", () => {
		marbles((t) => {
			const source$ = t.hot(" 1-2-3-1-|");
			const expected = "      ----x---(y|)";
			const subscription = "  ^-------!";
			const stage = batch<string>({ bytes: 4, sizeOf: Number, timeMs: 50, scheduler: t.scheduler });
			t.expectObservable(joined(t.through(source$, stage))).toBe(expected, { x: "123", y: "1" });
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("gives each message what became of the batch", () => {
		marbles((t) => {
			const outcome = () => rejected(permanent("BAD", "bad"));
			t.expectObservable(joined(t.through(t.hot("abc|"), byCount(t), outcome))).toBe("--x|", { x: "abc" });
			t.expectObservable(t.resolved$).toBe("--(abc)", {
				a: "a rejected BAD",
				b: "b rejected BAD",
				c: "c rejected BAD",
			});
		});
	});

	it("goes on with the trace of its first message", () => {
		marbles((t) => {
			const traces$ = t.through(t.hot("abc|"), (letters$) =>
				letters$.pipe(
					byCount(t),
					map((envelope) => ({ ...envelope, value: envelope.trace.traceparent })),
				),
			);
			t.expectObservable(traces$).toBe("--x|", { x: "trace of a" });
		});
	});

	it("goes on as it is when the source completes", () => {
		marbles((t) => {
			const source$ = t.hot(" ab-|");
			const expected = "      ---(x|)";
			const subscription = "  ^--!";
			t.expectObservable(joined(t.through(source$, byCount(t)))).toBe(expected, { x: "ab" });
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it.each([
		["it is unsubscribed", "ab-----", "^--!", "----", "^--!"],
		["the source fails", "   ab-#", "   ^   ", "---#", "^--!"],
	])("gives back what it holds when %s", (_, source, until, expected, subscription) => {
		marbles((t) => {
			const source$ = t.hot(source);
			t.expectObservable(joined(t.through(source$, byCount(t))), until).toBe(expected);
			t.expectObservable(t.resolved$).toBe("---(ab)", { a: "a retry TORN_DOWN", b: "b retry TORN_DOWN" });
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});
});
