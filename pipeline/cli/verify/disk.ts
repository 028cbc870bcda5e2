import type { BigIntStats } from "node:fs";
import { lstat } from "node:fs/promises";
import { transient } from "#core/errors.ts";
import type { Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import { type FileState, hasSettled, sameStat } from "#domain/file-state.ts";
import { displayPath, fsPath } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { type Check, type Difference, difference } from "./difference.ts";
import { fileDigest } from "./digest.ts";
import { type Found, join, walk } from "./walk.ts";

/** Everything on disk is known to the ledger, and what it has settled is what it was. Counts states on the way. */
export async function* checkDisk(
	source: SourceSettings,
	ledger: Ledger,
	count: (state: FileState) => void,
): AsyncGenerator<Check> {
	try {
		for await (const found of walk(source.watch)) {
			const state = ledger.find(source.name, found.path)?.state;
			if (state !== undefined) count(state);
			yield () => checkFound(source, ledger, found);
		}
	} catch (thrown) {
		throw transient("SOURCE_UNREACHABLE", `source ${source.name} cannot be read: ${(thrown as Error).message}`, {
			cause: thrown,
			fix: `Check that ${displayPath(source.watch)} exists, is mounted and may be read.`,
		});
	}
}

async function checkFound(source: SourceSettings, ledger: Ledger, found: Found): Promise<Difference | undefined> {
	const path = join(source.watch, found.path);
	const entry = ledger.find(source.name, found.path);
	if (entry === undefined || entry.goneAt !== undefined) {
		if (await isGone(path)) return undefined;
		return difference("file-unknown", path, unknownDetail(entry, found));
	}
	if (!hasSettled(entry.state)) return undefined;
	return await checkContent(path, entry);
}

function unknownDetail(entry: LedgerEntry | undefined, { unreadable }: Found): string {
	if (unreadable !== undefined)
		return `a directory that cannot be read (${unreadable.code}), and the ledger does not say so`;
	return entry === undefined ? "on disk, and not in the ledger" : "on disk, and the ledger says that it is gone";
}

async function checkContent(path: string, entry: LedgerEntry): Promise<Difference | undefined> {
	const before = await statOf(path);
	if (before === undefined) return undefined;
	if (!isAsKnown(before, entry)) return difference("file-changed", path, `changed since it was ${entry.state}`);
	try {
		const sha256 = await fileDigest(path, entry.stat.size);
		if (sha256 === entry.sha256) return undefined;
		const detail = `its SHA-256 is ${sha256}, and was ${entry.sha256 ?? "never noted"} when it was ${entry.state}`;
		return difference("file-damaged", path, detail);
	} catch (thrown) {
		if (await isGone(path)) return undefined;
		return difference("file-unreadable", path, (thrown as Error).message);
	}
}

/** What the ledger has and nobody says is gone, is there. */
export async function* checkPresence(source: SourceSettings, ledger: Ledger): AsyncGenerator<Check> {
	for (const { path, kind, goneAt } of ledger.entries(source.name)) {
		if (kind === "folder" || goneAt !== undefined) continue;
		yield async () => {
			const entry = ledger.find(source.name, path);
			const there = entry === undefined || entry.goneAt !== undefined || !(await isGone(join(source.watch, path)));
			if (there) return undefined;
			return difference("file-gone", join(source.watch, path), `${entry.state} in the ledger, and not on disk`);
		};
	}
}

function isAsKnown(stats: BigIntStats, { stat }: LedgerEntry): boolean {
	const { size, mtimeNs, ctimeNs, ino } = stats;
	return sameStat({ size: Number(size), mtimeNs, ctimeNs, inode: ino }, stat);
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
	return await lstat(fsPath(path), { bigint: true }).catch(() => undefined);
}

async function isGone(path: string): Promise<boolean> {
	try {
		await lstat(fsPath(path));
		return false;
	} catch (thrown) {
		const { code } = thrown as NodeJS.ErrnoException;
		return code === "ENOENT" || code === "ENOTDIR";
	}
}
