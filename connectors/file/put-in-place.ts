import { linkSync, lstatSync, renameSync, rmSync } from "node:fs";

/** Gives a temporary file, which is then gone, its name; false if another object has it. If it throws, all is as it was. */
export type Place = (temporary: string, final: string | Buffer) => boolean;

export const replacing: Place = (temporary, final) => {
	renameSync(temporary, final);
	return true;
};

/** What FAT and some shares answer, which have no links. */
const withoutLinks: ReadonlySet<string | undefined> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/**
 * link(2) fails if the name exists: of any number of writers exactly one makes it. Where there are no links, that holds of
 * the writers of one process alone.
 */
export const ifAbsent: Place = (temporary, final) => {
	const placed = link(temporary, final);
	rmSync(temporary, { force: true });
	return placed;
};

function link(temporary: string, final: string | Buffer): boolean {
	try {
		linkSync(temporary, final);
		return true;
	} catch (error) {
		const code = errno(error);
		if (code === "EEXIST") return false;
		if (!withoutLinks.has(code)) throw error;
		return lstatSync(final, { throwIfNoEntry: false }) === undefined && replacing(temporary, final);
	}
}

export function errno(error: unknown): string | undefined {
	return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

export function isAbsence(error: unknown): boolean {
	const code = errno(error);
	return code === "ENOENT" || code === "ENOTDIR";
}
