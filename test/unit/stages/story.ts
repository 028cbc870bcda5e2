import fc from "fast-check";
import type { Outcome } from "#core/outcome.ts";

/** What happens to a stage and around it. */
export type Step =
	| { readonly step: "message"; readonly key: string; readonly mood: number }
	| { readonly step: "time"; readonly ms: number }
	| { readonly step: "answer"; readonly fails: boolean }
	| { readonly step: "outcome"; readonly which: number; readonly outcome: Outcome["kind"] };

export interface Story {
	readonly steps: readonly Step[];
	/** Told after so many steps; the rest of the steps follows. */
	readonly end: { readonly kind: "complete" | "error" | "unsubscribe" | "none"; readonly after: number };
	/** The consumer leaves when it is given its n-th message, while the stage is speaking. */
	readonly leavesAt: number;
}

const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({
			step: fc.constant("message" as const),
			key: fc.constantFrom("a", "b", "c"),
			mood: fc.nat(9),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ step: fc.constant("time" as const), ms: fc.constantFrom(0, 1, 5, 20, 2_000) }) },
	{ weight: 2, arbitrary: fc.record({ step: fc.constant("answer" as const), fails: fc.boolean() }) },
	{
		weight: 2,
		arbitrary: fc.record({
			step: fc.constant("outcome" as const),
			which: fc.nat(9),
			outcome: fc.constantFrom("delivered" as const, "retry" as const, "rejected" as const),
		}),
	},
);

export const story: fc.Arbitrary<Story> = fc.record({
	steps: fc.array(step, { maxLength: 40 }),
	end: fc.record({
		kind: fc.constantFrom("complete" as const, "error" as const, "unsubscribe" as const, "none" as const),
		after: fc.nat(40),
	}),
	leavesAt: fc.oneof({ weight: 4, arbitrary: fc.constant(Number.POSITIVE_INFINITY) }, fc.integer({ min: 1, max: 8 })),
});
