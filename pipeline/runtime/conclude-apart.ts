import type { Conclusion, Ledger, Unit } from "#core/ports/ledger.ts";
import { type PersistContext, persist } from "./persist.ts";
import { writeApart } from "./write-apart.ts";

/** Of what a conclusion is, for who reads the log. */
export type Named = Pick<Unit, "source" | "path"> & Partial<Pick<Unit, "traceparent">>;

export interface Concluded {
	readonly of: Named;
	readonly conclusion: Conclusion;
}

/**
 * Writes conclusions into the ledger. One that it will never take keeps no other from it: its unit is quarantined
 * with the reason, so that it is in some state, and a person sees it.
 *
 * @throws when the ledger takes not even that, or is unusable
 */
export async function concludeApart(
	ledger: Ledger,
	concluded: readonly Concluded[],
	context: PersistContext,
): Promise<void> {
	const conclude = (some: readonly Conclusion[]) => persist("ledger", () => ledger.conclude(some), context);
	const refused = await writeApart(concluded, (some) => conclude(some.map(({ conclusion }) => conclusion)));
	for (const [{ of, conclusion }, error] of refused) {
		const { unit, generation, at } = conclusion;
		await conclude([{ unit, generation, at, state: "quarantined", reason: error.message }]);
		const { source, path, traceparent } = of;
		context.report({ event: "unit.refused", source, path, ...(traceparent && { traceparent }), error });
	}
}
