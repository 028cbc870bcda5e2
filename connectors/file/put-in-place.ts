import { linkSync, renameSync, rmSync } from "node:fs";

/** Gives a temporary file, which is then gone, its name; false if another object has it. */
export type Place = (temporary: string, final: string | Buffer) => boolean;

export const replacing: Place = (temporary, final) => {
	renameSync(temporary, final);
	return true;
};

/** link(2) fails if the name exists: of any number of writers exactly one makes it. */
export const ifAbsent: Place = (temporary, final) => {
	try {
		linkSync(temporary, final);
		return true;
	} catch (error) {
		if (errno(error) === "EEXIST") return false;
		throw error;
	} finally {
		rmSync(temporary, { force: true });
	}
};

export function errno(error: unknown): string | undefined {
	return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

export function isAbsence(error: unknown): boolean {
	const code = errno(error);
	return code === "ENOENT" || code === "ENOTDIR";
}
