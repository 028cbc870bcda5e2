import { permanent } from "#core/errors.ts";
import { checkKey } from "#domain/key-rules.ts";
import { displayPath, pathFromBytes, pathToBytes } from "#domain/path.ts";

/**
 * S3's keys are UTF-8 and travel in XML 1.0: bytes that are no UTF-8, control characters and the two non-characters
 * that XML forbids go as %XX, and so does "%" itself. Everything else is itself.
 */
const untransportable = /[\p{Cc}\ufffe\uffff%\udc80-\udcff]/gu;
const transported = /(?:%[0-9A-F]{2})+/g;
const longestStoredBytes = 1024;

/** @throws WatchRabbitError OBJECT_KEY (permanent) */
export function storedKey(prefix: string, key: string): string {
	checkKey(key);
	const stored = prefix + escaped(key);
	if (Buffer.byteLength(stored) <= longestStoredBytes) return stored;
	throw permanent(
		"OBJECT_KEY",
		`"${displayPath(key)}" is longer than ${longestStoredBytes} bytes as a key of S3, with the prefix "${prefix}"`,
		{ fix: "Give the file a shorter name, or the objects a shorter prefix." },
	);
}

/** The beginning of stored keys. @throws WatchRabbitError OBJECT_KEY (permanent) */
export function storedPrefix(prefix: string, beginning: string): string {
	const directory = beginning.slice(0, Math.max(0, beginning.lastIndexOf("/")));
	if (directory !== "") checkKey(directory);
	return prefix + escaped(beginning);
}

export function keyOf(prefix: string, stored: string): string {
	return stored
		.slice(prefix.length)
		.replace(transported, (run) => pathFromBytes(Buffer.from(run.replaceAll("%", ""), "hex")));
}

function escaped(key: string): string {
	return key.replace(untransportable, (character) =>
		pathToBytes(character).toString("hex").toUpperCase().replace(/../g, "%$&"),
	);
}
