import type { EdgeCatalog, KnownUnit } from "#core/ports/catalog.ts";
import type { Ledger, LedgerEntry, Unit } from "#core/ports/ledger.ts";
import { type Member, memberOf } from "#domain/acquisition.ts";
import { lastChangeOf } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import { type PersistContext, persist } from "./persist.ts";
import type { WatchContext } from "./watch-role.ts";

export interface RecognizingContext extends PersistContext {
	readonly ledger: Ledger;
	readonly catalog: Pick<EdgeCatalog, "known">;
	/** Absolute root by source. */
	readonly roots: ReadonlyMap<string, PathString>;
	readonly mayBeKnown: (unit: Unit) => boolean;
}

type Judge = WatchContext["judge"];

/** A judge that reads nothing of a unit which the catalog knows just as it lies there: it was complete then, and hashed. */
export function recognizing(judge: Judge, context: RecognizingContext): Judge {
	const { ledger, clock, roots, mayBeKnown } = context;
	const lookUp = lookingUp(context);
	return async (unit, signal) => {
		if (!mayBeKnown(unit) || clock.now() < unit.wakeAt) return await judge(unit, signal);
		const known = await lookUp(unit.source, unit.path);
		const files = unit.kind === "file" ? [unit] : ledger.members(unit.id).filter(({ goneAt }) => goneAt === undefined);
		if (known === undefined || !isUnchanged(known.members, files)) return await judge(unit, signal);
		// Published again, it is read below the root that is reached from here.
		const isToBeRead = known.analysed === undefined;
		if (isToBeRead && known.root !== roots.get(unit.source)) return await judge(unit, signal);
		const { source, path: key, kind } = unit;
		const settledAt = clock.now();
		const acquiredAt = lastChangeOf(
			files.map(({ stat }) => stat),
			settledAt,
		);
		const acquisition = { source, key, kind, members: known.members, acquiredAt, settledAt, captures: {} };
		return { kind: "complete", value: { unit, acquisition, known } };
	};
}

function isUnchanged(members: readonly Member[], files: readonly Pick<LedgerEntry, "path" | "stat">[]): boolean {
	const there = new Map(files.map(({ path, stat }) => [path, stat]));
	return (
		members.length === there.size &&
		members.every((member) => {
			const stat = there.get(member.path);
			if (stat === undefined) return false;
			const { size, mtimeNs, ctimeNs, inode } = memberOf(member.path, stat, member.sha256);
			return size === member.size && mtimeNs === member.mtimeNs && ctimeNs === member.ctimeNs && inode === member.inode;
		})
	);
}

type Answer = PromiseWithResolvers<KnownUnit | undefined>;

/** All that is asked in one turn of the event loop is one question to the catalog. */
function lookingUp({ catalog, ...patient }: RecognizingContext) {
	const asked = new Map<string, Map<PathString, Answer>>();
	const answer = async (source: string) => {
		const answers = asked.get(source) as Map<PathString, Answer>;
		asked.delete(source);
		try {
			const known = await persist("catalog", () => catalog.known(source, [...answers.keys()]), patient);
			for (const [key, { resolve }] of answers) resolve(known.get(key));
		} catch (thrown) {
			for (const { reject } of answers.values()) reject(thrown);
		}
	};
	return (source: string, key: PathString): Promise<KnownUnit | undefined> => {
		let answers = asked.get(source);
		if (answers === undefined) {
			answers = new Map();
			asked.set(source, answers);
			setImmediate(answer, source);
		}
		const own = answers.get(key) ?? Promise.withResolvers();
		answers.set(key, own);
		return own.promise;
	};
}
