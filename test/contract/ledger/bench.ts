import type { Ledger, LedgerEntry, Observation, Unit } from "#core/ports/ledger.ts";
import type { Member } from "#domain/acquisition.ts";
import type { PathString } from "#domain/path.ts";

export const source = "plates";
export const none: ReadonlySet<number> = new Set();

/** The ledger of the present test, and short words for what happens to it. */
export function ledgerBench(ledgerNow: () => Ledger) {
	const see = (...observations: Observation[]) => ledgerNow().observe(source, observations);
	const find = (path: PathString) => ledgerNow().find(source, path) as LedgerEntry;
	const state = (path: PathString) => find(path).state;
	const unit = (path: PathString, now = 1e15) =>
		ledgerNow()
			.due(now, 100, none)
			.find((due) => due.path === path) as Unit;
	const told = (path: PathString) =>
		ledgerNow()
			.life(source, path)
			?.events.map(({ what, detail }) => (detail === "" ? what : `${what}: ${detail}`));
	const settle = (path: PathString, at = 1_000) => {
		const { id, generation, kind } = find(path);
		const files =
			kind === "folder"
				? ledgerNow()
						.members(id)
						.filter((m) => m.goneAt === undefined)
				: [find(path)];
		ledgerNow().conclude([
			{ unit: id, generation, state: "settled", at, members: files.map((file) => member(file)), event: "e1" },
		]);
	};
	const analyse = (path: PathString, at = 2_000) => {
		const { id, generation } = find(path);
		ledgerNow().conclude([{ unit: id, generation, state: "analysed", at, reason: "result r1" }]);
	};
	return { ledgerNow, see, find, state, unit, told, settle, analyse };
}

export type LedgerBench = ReturnType<typeof ledgerBench>;

export type Change = Extract<Observation, { kind: "changed" }> & { readonly size: number };

export function stat(size: number) {
	return { size, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
}

export function changed(path: PathString, change: Partial<Change> = {}): Extract<Observation, { kind: "changed" }> {
	const { at = 0, wakeAt = 0, folder, size = 10 } = change;
	return { kind: "changed", path, stat: stat(size), folder, at, wakeAt };
}

export function dismissed(kind: "ignored" | "quarantined", path: PathString, reason: string) {
	return { kind, path, stat: stat(10), at: 0, reason } as const;
}

export function gone(path: PathString, at: number): Observation {
	return { kind: "gone", path, at };
}

export function member({ path, stat }: Pick<LedgerEntry, "path" | "stat">): Member {
	const { size, mtimeNs, ctimeNs, inode } = stat;
	const sha256 = size.toString(16).padStart(64, "0");
	return { path, size, sha256, mtimeNs: `${mtimeNs}`, ctimeNs: `${ctimeNs}`, inode: `${inode}` };
}
