import { dirname } from "node:path/posix";
import type { AcquisitionOutcome, EdgeCatalog } from "#core/ports/catalog.ts";
import type { Conclusion, Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import { type Member, memberOf } from "#domain/acquisition.ts";
import { hasSettled, isOpen } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import { type Concluded, concludeApart } from "./conclude-apart.ts";
import type { Paused } from "./paused.ts";
import { type PersistContext, persist } from "./persist.ts";

/** As many are read in one turn; where there are more, the next turn follows at once. */
export const outcomesAtOnce = 500;
const cursor = "outcomes";
/** Sequences of outcomes before the cursor whose files have not settled yet as far as the ledger knows. */
const earlyNote = "outcomes.early";

export interface OutcomesContext extends PersistContext {
	readonly catalog: EdgeCatalog;
	readonly ledger: Ledger;
	/** Absolute root by source: what is of others is nothing to us. */
	readonly roots: ReadonlyMap<string, PathString>;
	/** Whether another process watches it: nothing of it is waited for then. */
	readonly standsBy: (source: string) => boolean;
	readonly scan: (source: string, directory: PathString) => Promise<void>;
	/** What a person put into quarantine stays there, whatever becomes of what was taken in of it. */
	readonly paused: Pick<Paused, "file">;
}

/** A ledger that is new has nothing of what was told before: what became of its files it asks of the catalog as it finds them. */
export async function followFromNow({
	catalog,
	ledger,
	...patient
}: Omit<OutcomesContext, "roots" | "standsBy" | "scan" | "paused">): Promise<void> {
	if (ledger.note(cursor) !== undefined) return;
	const last = await persist("catalog", () => catalog.lastOutcome(), patient);
	await persist("ledger", () => ledger.setNote(cursor, String(last)), patient);
}

/**
 * Takes what became of acquisitions from the catalog into the ledger: `analysed` where there is a result, back to
 * settling where R said that it is not ready. Where a run found a file changed, its directory is scanned: nobody may
 * have told the edge. Gives how many outcomes were read.
 */
export async function applyOutcomes(context: OutcomesContext): Promise<number> {
	const { catalog, ledger, roots, standsBy, scan, paused } = context;
	const after = Number(ledger.note(cursor) ?? 0);
	const outcomes = await persist("catalog", () => catalog.outcomes(after, outcomesAtOnce), context);
	const noted = ledger.note(earlyNote) ?? "[]";
	if (outcomes.length === 0 && noted === "[]") return 0;
	const early = await earlyOnes(JSON.parse(noted), context);
	for (const { acquisition, kind } of outcomes) {
		if (kind !== "changed") continue;
		const directories = new Set(acquisition.members.map(({ path }) => directoryOf(path)));
		for (const directory of directories) await scan(acquisition.source, directory);
	}
	const ours = [...early, ...outcomes].filter(({ acquisition }) => roots.has(acquisition.source));
	const tooEarly = JSON.stringify(
		ours.filter((outcome) => !standsBy(outcome.acquisition.source) && isEarly(outcome, ledger)).map(({ seq }) => seq),
	);
	await concludeApart(
		ledger,
		ours.flatMap((outcome) => conclusions(outcome, ledger, paused)),
		context,
	);
	const note = (name: string, value: string) => persist("ledger", () => ledger.setNote(name, value), context);
	// First what is kept: a cursor alone would go past it.
	if (tooEarly !== noted) await note(earlyNote, tooEarly);
	const last = outcomes.at(-1);
	if (last !== undefined) await note(cursor, String(last.seq));
	return outcomes.length;
}

async function earlyOnes(seqs: readonly number[], context: OutcomesContext): Promise<readonly AcquisitionOutcome[]> {
	const read = async (seq: number) => {
		const [first] = await persist("catalog", () => context.catalog.outcomes(seq - 1, 1), context);
		return first?.seq === seq ? [first] : []; // it may be forgotten by now
	};
	return (await Promise.all(seqs.map(read))).flat();
}

/** Whether files that it tells of are still what settled, and have not settled in the ledger. */
function isEarly({ kind, acquisition }: AcquisitionOutcome, ledger: Ledger): boolean {
	if (saysNothing(kind)) return false;
	const { source, key, members } = acquisition;
	const hasMoreToCome = (path: PathString) => isOpen(ledger.find(source, path)?.state);
	const isSame = (member: Member) => {
		const entry = ledger.find(source, member.path);
		if (entry === undefined || entry.goneAt !== undefined) return false;
		const { mtimeNs, ctimeNs, inode } = memberOf(entry.path, entry.stat, member.sha256);
		return mtimeNs === member.mtimeNs && ctimeNs === member.ctimeNs && inode === member.inode;
	};
	if (acquisition.kind === "folder") return hasMoreToCome(key) && members.every(isSame);
	return members.some((member) => hasMoreToCome(member.path) && isSame(member));
}

function saysNothing(kind: AcquisitionOutcome["kind"]): boolean {
	return kind === "dead" || kind === "cancelled" || kind === "unwanted" || kind === "changed";
}

function conclusions(outcome: AcquisitionOutcome, ledger: Ledger, paused: Pick<Paused, "file">): Concluded[] {
	if (saysNothing(outcome.kind)) return [];
	return units(outcome, ledger)
		.filter(({ source, path }) => paused.file(source, path) === undefined)
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
