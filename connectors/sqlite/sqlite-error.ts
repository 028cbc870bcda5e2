import { asWatchRabbitError, fault, permanent, transient, type WatchRabbitError } from "#core/errors.ts";

/** Primary result codes of SQLite, https://sqlite.org/rescode.html: the low byte of `errcode`. */
const code = {
	busy: 5,
	locked: 6,
	readOnly: 8,
	ioError: 10,
	corrupt: 11,
	full: 13,
	cannotOpen: 14,
	tooBig: 18,
	constraint: 19,
	mismatch: 20,
	range: 25,
	notADatabase: 26,
} as const;

/** About what is written; every other fault is about the database, and whatever is written next would meet it again. */
const aboutTheRow: ReadonlySet<number> = new Set([code.tooBig, code.constraint, code.mismatch, code.range]);

const constraintUnique = 2067;

/** What SQLite threw, told with the file and what to do about it; anything else comes back as it is. */
export function sqliteError(thrown: unknown, file: string): unknown {
	if (!(thrown instanceof Error)) return thrown;
	const primary = primaryCode(thrown);
	if (primary !== undefined) return translate(thrown, primary, file);
	if ("code" in thrown && thrown.code === "ERR_INVALID_STATE") {
		return fault("DATABASE_CLOSED", `${file} was used after it was closed`, { cause: thrown, unusable: true });
	}
	if ("errno" in thrown) return systemError(thrown, file);
	return thrown;
}

/** Another connection holds the lock that was asked for. */
export function isBusy(thrown: unknown): boolean {
	return thrown instanceof Error && primaryCode(thrown) === code.busy;
}

/** A unique index has such a row already. The statement did nothing, and its transaction goes on. */
export function isTaken(thrown: unknown): boolean {
	return thrown instanceof Error && "errcode" in thrown && thrown.errcode === constraintUnique;
}

function primaryCode(error: Error): number | undefined {
	return "errcode" in error && typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** From the flush of the write-ahead log, and no more about a row than the disk is. */
function systemError(cause: Error, file: string): WatchRabbitError {
	const error = asWatchRabbitError(cause);
	if (error.class === "transient") return error;
	return permanent("DATABASE_CANNOT_FLUSH", `${file} cannot be flushed to its disk: ${error.message}`, {
		cause,
		fix: "Check that the file is still there, and that this user may write it.",
		unusable: true,
	});
}

function translate(cause: Error, primary: number, file: string): WatchRabbitError {
	switch (primary) {
		case code.full:
			return transient("DISK_FULL", `no space left for ${file}; nothing was written`, {
				cause,
				fix: "Make room on that file system; work goes on by itself.",
			});
		case code.busy:
		case code.locked:
			return transient("DATABASE_BUSY", `another process holds ${file} for too long`, {
				cause,
				fix: "Find what keeps the file open (fuser, lsof): a backup, or a shell of sqlite3.",
			});
		case code.ioError:
			return transient("DATABASE_IO", `${file} cannot be read or written: ${cause.message}`, {
				cause,
				fix: "Check the disk, its free space and its mount.",
			});
		case code.readOnly:
			return permanent("DATABASE_READ_ONLY", `${file} may not be written`, {
				cause,
				fix: "Make the file and its directory writable for the user that runs watchrabbit.",
				unusable: true,
			});
		case code.cannotOpen:
			return permanent("DATABASE_CANNOT_OPEN", `${file} cannot be opened`, {
				cause,
				fix: "Check that its directory exists and that this user may read and write it.",
				unusable: true,
			});
		case code.corrupt:
		case code.notADatabase:
			return permanent("DATABASE_CORRUPT", `${file} is damaged: ${cause.message}`, {
				cause,
				fix: "Stop watchrabbit, keep a copy of the file with its -wal, and restore it from a backup.",
				unusable: true,
			});
		case code.constraint:
			return fault("DATABASE_CONSTRAINT", `${file}: ${cause.message}`, { cause });
		default:
			return fault("DATABASE_FAULT", `${file}: ${cause.message}`, { cause, unusable: !aboutTheRow.has(primary) });
	}
}
