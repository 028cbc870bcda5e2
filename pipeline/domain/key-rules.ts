import { permanent } from "#core/errors.ts";
import { displayPath, pathToBytes } from "./path.ts";

/** Where a store keeps what is no object, or not yet one: never in a listing. */
export const temporaryDirectory = ".tmp";

/** Limits of S3 and of file systems, so that a key works in both. */
const longestKeyBytes = 1024;
const longestPartBytes = 255;

/**
 * A key is a relative path: parts of at most 255 bytes with "/" between them, 1024 bytes in all.
 * @throws WatchRabbitError OBJECT_KEY (permanent)
 */
export function checkKey(key: string): void {
	const problem = problemOf(key);
	if (problem === undefined) return;
	throw permanent("OBJECT_KEY", `"${displayPath(key)}" cannot be the key of an object: ${problem}`, {
		fix: "Give the file another name.",
	});
}

function problemOf(key: string): string | undefined {
	if (key === "") return "it is empty";
	if (key.includes("\0")) return "it has a NUL in it";
	if (pathToBytes(key).length > longestKeyBytes) return `it is longer than ${longestKeyBytes} bytes`;
	const parts = key.split("/");
	if (parts.includes("")) return 'a part of it is empty, or it begins or ends with "/"';
	if (parts.some((part) => part === "." || part === "..")) return 'it has "." or ".." in it';
	if (parts.some((part) => pathToBytes(part).length > longestPartBytes)) {
		return `a part of it is longer than ${longestPartBytes} bytes`;
	}
	if (parts[0] === temporaryDirectory) return `${temporaryDirectory} is where unfinished objects lie`;
	return undefined;
}
