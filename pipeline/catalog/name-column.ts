import { createHash } from "node:crypto";

/**
 * Names from outside (paths, keys, what R or a person wrote) may hold what a text column cannot: lone surrogates, which
 * stand for bytes that are not UTF-8, and NUL. They are stored as the inside of a JSON string, which escapes both and
 * leaves everyday names as they are.
 */
export function nameToColumn(name: string): string {
	return JSON.stringify(name).slice(1, -1);
}

export function nameFromColumn(column: string): string {
	return JSON.parse(`"${column}"`);
}

/** 32 hex digits of SHA-256: what names are looked up by. Different names have different columns, so hashes of those. */
export function nameHash(name: string): string {
	return createHash("sha256").update(nameToColumn(name)).digest("hex").slice(0, 32);
}

/** Prose for people (logs, details): what a text column cannot hold is replaced, not kept. */
export function proseToColumn(text: string): string {
	return text.toWellFormed().replaceAll("\0", "\u2400");
}
