import { describe, expect, it } from "vitest";
import { permanent, transient } from "#core/errors.ts";
import type { Stage } from "#core/stage.ts";
import type { Verdict } from "#domain/verdict.ts";
import { type SettleOptions, settle } from "#stages/settle.ts";
import { marbles, patientMarbles, type StageMarbles } from "./marbles.ts";

type Letters = SettleOptions<string, string>;

/** Upper and lower case of a letter are one file; it is quiet at the frame given, else at once; and complete. */
function settling(
	{ scheduler }: StageMarbles,
	quietAt: Readonly<Record<string, number>> = {},
	changes: Partial<Letters> = {},
): Stage<string> {
	return settle({
		key: (letter) => letter.toLowerCase(),
		quietUntil: (letter) => quietAt[letter] ?? 0,
		holdMs: 20,
		judge: (value) => ({ kind: "complete", value }),
		concurrency: 2,
		scheduler,
		...changes,
	});
}

/** A judge who takes a time, and who it was that told him to stop. */
function slowJudge({ scheduler }: StageMarbles, ms: number, aborted: string[] = []): Pick<Letters, "judge"> {
	return {
		judge: (value, signal) =>
			new Promise<Verdict<string>>((resolve) => {
				signal.addEventListener("abort", () => aborted.push(value));
				scheduler.schedule(() => resolve({ kind: "complete", value }), ms);
			}),
	};
}

describe("settle", () => {
	it("passes at once what is quiet and complete", () => {
		marbles((t) => {
			const source$ = t.hot(" a-b|");
			const expected = "      a-b|";
			const subscription = "  ^--!";
			t.expectObservable(t.through(source$, settling(t))).toBe(expected);
			t.expectObservable(t.resolved$).toBe("a-b");
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("holds what is not quiet until it is", () => {
		marbles((t) => {
			const source$ = t.hot(" ab-------|");
			const expected = "      ---b-a---|";
			const subscription = "  ^--------!";
			t.expectObservable(t.through(source$, settling(t, { a: 5, b: 3 }))).toBe(expected);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("lets a newer message of the same file take the place of one that is held", () => {
		marbles((t) => {
			const source$ = t.hot(" a--A--------|");
			const expected = "      --------A---|";
			const resolved = "      --------(aA)";
			const subscription = "  ^-----------!";
			t.expectObservable(t.through(source$, settling(t, { a: 5, A: 8 }))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("judges a newer message that is quiet sooner at its own time", () => {
		marbles((t) => {
			const source$ = t.hot(" a--A------|");
			const expected = "      ----A-----|";
			t.expectObservable(t.through(source$, settling(t, { a: 9, A: 4 }))).toBe(expected);
		});
	});

	it("does not hold what has to wait for long, nor what that superseded", () => {
		marbles((t) => {
			const source$ = t.hot(" -a-A-|");
			const expected = "      -----|";
			const resolved = "      ---(aA)";
			t.expectObservable(t.through(source$, settling(t, { a: 15, A: 100 }))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved, {
				a: "a retry NOT_QUIET after 97",
				A: "A retry NOT_QUIET after 97",
			});
		});
	});

	it("sends back what is waited for, with the time to look again, and rejects what is refused", () => {
		const verdicts: Record<string, Verdict<string>> = {
			a: { kind: "waiting", for: "its marker", againMs: 7 },
			b: { kind: "refused", cause: permanent("BROKEN", "no gzip trailer") },
		};
		marbles((t) => {
			const source$ = t.hot(" ab|");
			const judge = (letter: string) => verdicts[letter] as Verdict<string>;
			t.expectObservable(t.through(source$, settling(t, {}, { judge }))).toBe("--|");
			t.expectObservable(t.resolved$).toBe("ab", { a: "a retry NOT_COMPLETE after 7", b: "b rejected BROKEN" });
		});
	});

	const thrown: Record<string, unknown> = {
		a: transient("AWAY", "the share is away"),
		b: permanent("GONE", "gone"),
		c: Object.assign(new Error("EIO: i/o error"), { code: "EIO" }),
		d: new TypeError("undefined is not a function"),
	};
	const resolvedThrown = { a: "a retry AWAY", b: "b rejected GONE", c: "c retry EIO", d: "d rejected UNEXPECTED" };

	it("sends back what a judge could not judge now, and rejects what he never will", () => {
		marbles((t) => {
			const judge = (letter: string) => {
				throw thrown[letter];
			};
			t.expectObservable(t.through(t.hot("abcd|"), settling(t, {}, { judge }))).toBe("----|");
			t.expectObservable(t.resolved$).toBe("abcd", resolvedThrown);
		});
	});

	it("does the same when the judge's promise is rejected", async () => {
		await patientMarbles((t) => {
			const judge = (letter: string) => Promise.reject(thrown[letter]);
			t.expectObservable(t.through(t.hot("abcd|"), settling(t, {}, { judge }))).toBe("----|");
			t.expectObservable(t.resolved$).toBe("abcd", resolvedThrown);
		});
	});

	it("judges only so many at once, the others in their order", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot(" abcd--------|");
			const expected = "      ---ab-cd----|";
			const subscription = "  ^-----------!";
			t.expectObservable(t.through(source$, settling(t, {}, slowJudge(t, 3)))).toBe(expected);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("discards a verdict about what was superseded meanwhile, and judges the newer message", async () => {
		const aborted: string[] = [];
		await patientMarbles((t) => {
			const source$ = t.hot(" a-A-------|");
			const expected = "      -------A--|";
			const resolved = "      -------(aA)";
			t.expectObservable(t.through(source$, settling(t, {}, slowJudge(t, 5, aborted)))).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved);
		});
		expect(aborted).toEqual(["a"]);
	});

	it("waits, when the source completes, for what it holds and for the judges", async () => {
		await patientMarbles((t) => {
			const source$ = t.hot(" ab|");
			const expected = "      ----b--(a|)";
			const subscription = "  ^-!";
			t.expectObservable(t.through(source$, settling(t, { a: 4 }, slowJudge(t, 3)))).toBe(expected);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it.each([
		["it is unsubscribed", "abc-----", "^---!", "-----", "^---!"],
		["the source fails", "   abc-#", "   ^    ", "----#", "^---!"],
	])("gives back what is held, ready and being judged when %s", async (_, source, until, expected, subscription) => {
		const aborted: string[] = [];
		await patientMarbles((t) => {
			const source$ = t.hot(source);
			const stage = settling(t, { a: 10 }, { ...slowJudge(t, 9, aborted), concurrency: 1 });
			t.expectObservable(t.through(source$, stage), until).toBe(expected);
			t.expectObservable(t.resolved$).toBe("----(abc)", {
				a: "a retry TORN_DOWN",
				b: "b retry TORN_DOWN",
				c: "c retry TORN_DOWN",
			});
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
		expect(aborted).toEqual(["b"]);
	});
});
