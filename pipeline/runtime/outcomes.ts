import { dirname } from "node:path/posix";
import type { AcquisitionOutcome, EdgeCatalog } from "#core/ports/catalog.ts";
import type { Conclusion, Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import { hasSettled } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import { type Concluded, concludeApart } from "./conclude-apart.ts";
import { type PersistContext, persist } from "./persist.ts";

/** As many are read in one turn; where there are more, the next turn follows at once. */
export const outcomesAtOnce = 500;
const cursor = "outcomes";

export interface OutcomesContext extends PersistContext {
	readonly catalog: EdgeCatalog;
	readonly ledger: Ledger;
	/** Absolute root by source: what is of others is nothing to us. */
	readonly roots: ReadonlyMap<string, PathString>;
	readonly scan: (source: string, directory: PathString) => Promise<void>;
}

/**
 * Takes what became of acquisitions from the catalog into the ledger: `analysed` where there is a result, back to
 * settling where R said that it is not ready. Where a run found a file changed, its directory is scanned: nobody may
 * have told the edge. Gives how many outcomes were read.
 */
export async function applyOutcomes(context: OutcomesContext): Promise<number> {
	const { catalog, ledger, roots, scan } = context;
	const after = Number(ledger.note(cursor) ?? 0);
	const outcomes = await persist("catalog", () => catalog.outcomes(after, outcomesAtOnce), context);
	const last = outcomes.at(-1);
	if (last === undefined) return 0;
	for (const { acquisition, kind } of outcomes) {
		if (kind !== "changed") continue;
		const directories = new Set(acquisition.members.map(({ path }) => directoryOf(path)));
		for (const directory of directories) await scan(acquisition.source, directory);
	}
	const ours = outcomes.filter(({ acquisition }) => roots.has(acquisition.source));
	await concludeApart(
		ledger,
		ours.flatMap((outcome) => conclusions(outcome, ledger)),
		context,
	);
	await persist("ledger", () => ledger.setNote(cursor, String(last.seq)), context);
	return outcomes.length;
}

function conclusions(outcome: AcquisitionOutcome, ledger: Ledger): Concluded[] {
	if (outcome.kind === "dead" || outcome.kind === "unwanted" || outcome.kind === "changed") return [];
	return units(outcome, ledger)
		.filter(({ state }) => hasSettled(state) || state === "quarantined")
		.map((unit) => ({ of: unit, conclusion: conclusion(unit, outcome) }));
}

function conclusion(unit: LedgerEntry, { kind, at, detail, againAt }: AcquisitionOutcome): Conclusion {
	const common = { unit: unit.id, generation: unit.generation, at };
	if (kind === "not-ready") return { ...common, state: "settling", waitingFor: detail, wakeAt: againAt ?? at };
	if (kind === "rejected") return { ...common, state: "quarantined", reason: detail };
	return { ...common, state: "analysed", reason: detail };
}

/** The ledger's units that still hold what was analysed: one that has changed since waits for its own outcome. */
function units({ acquisition }: AcquisitionOutcome, ledger: Ledger): LedgerEntry[] {
	const { source, key, kind, members } = acquisition;
	if (kind === "folder") {
		const unit = ledger.find(source, key);
		if (unit === undefined) return [];
		const digests = new Map(
			ledger
				.members(unit.id)
				.filter(({ goneAt }) => goneAt === undefined)
				.map((member) => [member.path, member.sha256]),
		);
		const same = digests.size === members.length && members.every(({ path, sha256 }) => digests.get(path) === sha256);
		return same ? [unit] : [];
	}
	return members.flatMap(({ path, sha256 }) => {
		const entry = ledger.find(source, path);
		return entry !== undefined && entry.sha256 === sha256 ? [entry] : [];
	});
}

function directoryOf(path: PathString): PathString {
	const directory = dirname(path);
	return directory === "." ? "" : directory;
}
