import type { Observation } from "#core/ports/ledger.ts";
import type { PathString } from "#domain/path.ts";
import type { LedgerPlaces } from "./ledger-places.ts";
import { type LedgerRecord, recordOf } from "./ledger-record.ts";
import { type FirstRow, type LedgerTable, rowsTogether } from "./ledger-table.ts";
import {
	becameFolder,
	type FolderChange,
	first,
	firstFolder,
	gone,
	membersChanged,
	observed,
} from "./ledger-transitions.ts";

type There = Exclude<Observation, { kind: "gone" }>;

/** What a scan saw at a path that it had not seen before, as far as anybody knows yet. */
interface Newcomer extends FirstRow {
	readonly observation: There;
	readonly unit: number | undefined;
}

interface TouchedFolder {
	readonly record: LedgerRecord;
	readonly fresh: boolean;
	change: FolderChange | undefined;
}

/** One call of `observe`: what a scan saw of one source, within a transaction of the caller. */
export class LedgerScan {
	readonly #places: LedgerPlaces;
	readonly #table: LedgerTable;
	readonly #source: number;
	readonly #folders = new Map<number, TouchedFolder>();
	readonly #folderIds = new Map<PathString, number>();
	/** In the order in which they were seen; written before anything else is. */
	#newcomers: Newcomer[] = [];

	constructor(places: LedgerPlaces, table: LedgerTable, source: string) {
		this.#places = places;
		this.#table = table;
		this.#source = places.makeSource(source);
	}

	apply(observations: readonly Observation[]): void {
		for (const observation of observations) {
			if (observation.kind === "gone") this.#gone(observation.path, observation.at);
			else this.#there(observation);
		}
		this.#writeNewcomers();
		for (const { record, fresh, change } of this.#folders.values()) {
			if (change) this.#table.replace(record, membersChanged(record, change, fresh));
		}
	}

	#there(observation: There): void {
		const unit =
			observation.kind === "changed" && observation.folder !== undefined
				? this.#folder(observation.folder, observation.at)
				: undefined;
		const place = this.#places.makePlace(this.#source, observation.path);
		this.#newcomers.push({ place, record: first(observation, unit), observation, unit });
		if (this.#newcomers.length === rowsTogether) this.#writeNewcomers();
	}

	/** Together if all of them are new; else one by one. */
	#writeNewcomers(): void {
		const newcomers = this.#newcomers;
		this.#newcomers = [];
		if (newcomers.length === rowsTogether && this.#table.insertTogether(newcomers)) {
			for (const { observation, unit } of newcomers) if (unit !== undefined) this.#joined(unit, observation);
		} else for (const newcomer of newcomers) this.#write(newcomer);
	}

	#write({ place, observation, unit, ...row }: Newcomer): void {
		if (this.#table.insert({ place, ...row }) === undefined) {
			const record = this.#table.at(place) as LedgerRecord;
			const next = observed(record, observation, unit);
			if (next === record) return;
			this.#table.replace(record, next);
			if (record.kind === "folder") this.#isFolderNoMore(record, next, observation);
			this.#left(record, unit, observation);
			if (unit !== undefined && record.unit === unit && record.goneAt === undefined) {
				this.#touch(unit, observation, { bytes: observation.stat.size - record.stat.size, present: 0 });
				return;
			}
		}
		if (unit !== undefined) this.#joined(unit, observation);
	}

	/** A folder has a member more. */
	#joined(folder: number, observation: There): void {
		this.#touch(folder, observation, { bytes: observation.stat.size, present: 1 });
	}

	/** A file where a folder was: nothing can be below it any more. */
	#isFolderNoMore(folder: LedgerRecord, file: LedgerRecord, { path, at }: { path: PathString; at: number }): void {
		for (const member of this.#table.presentMembers(folder.id)) {
			this.#table.replace(member, gone({ ...member, state: folder.state, reason: folder.reason }, at));
		}
		this.#folders.set(file.id, { record: file, fresh: false, change: undefined });
		this.#folderIds.delete(path);
	}

	/** It was a member of another folder, and is no more. */
	#left(record: LedgerRecord, unit: number | undefined, { path, at }: { path: PathString; at: number }): void {
		if (record.unit === undefined || record.unit === unit || record.goneAt !== undefined) return;
		this.#touch(record.unit, { kind: "gone", path, at }, { bytes: -record.stat.size, present: -1 });
	}

	#gone(path: PathString, at: number): void {
		this.#writeNewcomers();
		const place = this.#places.place(this.#source, path);
		const record = place && this.#table.at(place);
		// A folder is gone with the last of its members.
		if (!record || record.goneAt !== undefined || record.kind === "folder") return;
		if (record.unit === undefined) {
			this.#table.replace(record, gone(record, at));
			return;
		}
		const folder = this.#touched(record.unit).record;
		this.#table.replace(record, gone({ ...record, state: folder.state, reason: folder.reason }, at));
		this.#touch(record.unit, { kind: "gone", path, at }, { bytes: -record.stat.size, present: -1 });
	}

	#folder(path: PathString, at: number): number {
		const known = this.#folderIds.get(path);
		if (known !== undefined) return known;
		this.#writeNewcomers();
		const place = this.#places.makePlace(this.#source, path);
		const blank = firstFolder(at);
		const made = this.#table.insert({ place, record: blank });
		let id = made;
		if (id === undefined) {
			const record = this.#table.at(place) as LedgerRecord;
			id = record.id;
			if (record.kind !== "folder") {
				this.#left(record, undefined, { path, at });
				const folder = becameFolder(record, at);
				this.#table.replace(record, folder);
				this.#folders.set(id, { record: folder, fresh: true, change: undefined });
			}
		} else this.#folders.set(id, { record: recordOf(id, blank), fresh: true, change: undefined });
		this.#folderIds.set(path, id);
		return id;
	}

	#touched(folder: number): TouchedFolder {
		let touched = this.#folders.get(folder);
		if (!touched) {
			touched = { record: this.#table.byId(folder) as LedgerRecord, fresh: false, change: undefined };
			this.#folders.set(folder, touched);
		}
		return touched;
	}

	#touch(folder: number, observation: Observation, delta: { readonly bytes: number; readonly present: number }): void {
		const touched = this.#touched(folder);
		if (touched.record.kind !== "folder") return;
		const { change } = touched;
		const stat = observation.kind === "gone" ? undefined : observation.stat;
		const wakeAt = observation.kind === "changed" ? observation.wakeAt : observation.at;
		touched.change = {
			at: Math.max(change?.at ?? 0, observation.at),
			member: change?.member ?? observation.path,
			members: (change?.members ?? 0) + 1,
			onlyLoss: (change?.onlyLoss ?? true) && observation.kind === "gone",
			bytes: (change?.bytes ?? 0) + delta.bytes,
			present: (change?.present ?? 0) + delta.present,
			wakeAt: Math.max(change?.wakeAt ?? 0, wakeAt),
			mtimeNs: latest(change?.mtimeNs, stat?.mtimeNs),
			ctimeNs: latest(change?.ctimeNs, stat?.ctimeNs),
		};
	}
}

function latest(known: bigint | undefined, seen: bigint | undefined): bigint {
	if (known === undefined) return seen ?? 0n;
	return seen !== undefined && seen > known ? seen : known;
}
