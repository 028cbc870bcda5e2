import { map, type Observable, take } from "rxjs";
import { describe, expect, it } from "vitest";
import { permanent, transient } from "#core/errors.ts";
import { delivered, type Outcome, rejected, retry } from "#core/outcome.ts";
import { type Routed, route } from "#stages/route.ts";
import { marbles } from "./marbles.ts";

const pipelines: Record<string, readonly string[]> = { a: ["elisa", "screen"], b: [], c: ["elisa"] };
const routing = (unrouted?: (letter: string) => void) =>
	route<string, string>({
		routes: (letter) => pipelines[letter] ?? [],
		...(unrouted === undefined ? {} : { unrouted }),
	});
const shown = (routed$: Observable<Routed<string, string>>) =>
	routed$.pipe(map(({ route, value }) => `${value} to ${route}`));
const values = { x: "a to elisa", y: "a to screen", z: "c to elisa" };

describe("route", () => {
	it("sends a message on each of its routes", () => {
		marbles((t) => {
			const source$ = t.hot(" a-----c|");
			const expected = "      (xy)--z|";
			const resolved = "      a-----c";
			const subscription = "  ^------!";
			t.expectObservable(shown(t.through(source$, routing()))).toBe(expected, values);
			t.expectObservable(t.resolved$).toBe(resolved);
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});

	it("delivers what belongs to no route, and tells it", () => {
		const unrouted: string[] = [];
		marbles((t) => {
			const source$ = t.hot(" -b-|");
			const expected = "      ---|";
			const resolved = "      -b";
			t.expectObservable(
				shown(
					t.through(
						source$,
						routing((letter) => unrouted.push(letter)),
					),
				),
			).toBe(expected);
			t.expectObservable(t.resolved$).toBe(resolved);
		});
		expect(unrouted).toEqual(["b"]);
	});

	const bad = rejected(permanent("BAD", "bad"));
	const away = retry(transient("AWAY", "away"));
	it.each<[string, string, Outcome, Outcome]>([
		["a rejected BAD", "one rejects it, the other delivers it", bad, delivered],
		["a rejected BAD", "one rejects it, the other sends it back", away, bad],
		["a retry AWAY", "one sends it back, the other delivers it", delivered, away],
	])("resolves a message as %s when %s", (worst, _, elisa, screen) => {
		marbles((t) => {
			const outcomeOf = ({ route }: Routed<string, string>) => (route === "elisa" ? elisa : screen);
			t.expectObservable(shown(t.through(t.hot("a----|"), routing(), outcomeOf))).toBe("(xy)-|", values);
			t.expectObservable(t.resolved$).toBe("w", { w: worst });
		});
	});

	it("gives back the routes on which nobody listens any more", () => {
		marbles((t) => {
			const source$ = t.hot(" a---|");
			const expected = "      (x|)";
			const subscription = "  (^!)";
			const first = (letters$: Parameters<ReturnType<typeof routing>>[0]) => letters$.pipe(routing(), take(1));
			t.expectObservable(shown(t.through(source$, first))).toBe(expected, values);
			t.expectObservable(t.resolved$).toBe("w", { w: "a retry TORN_DOWN" });
			t.expectSubscriptions(source$.subscriptions).toBe(subscription);
		});
	});
});
