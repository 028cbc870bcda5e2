import { isUtf8 } from "node:buffer";

/**
 * A file's path as a string that loses no byte: valid UTF-8 is itself; every byte that is not becomes one lone
 * surrogate U+DC80..U+DCFF (PEP 383, "surrogateescape"). It works as a map key, compares, and survives JSON.
 */
export type PathString = string;

const escaped = /[\udc80-\udcff]/;
const loneSurrogate = /[\ud800-\udbff][\udc00-\udfff]|([\udc80-\udcff])/g;

export function pathFromBytes(bytes: Uint8Array): PathString {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (isUtf8(buffer)) return buffer.toString("utf8");
	let path = "";
	let at = 0;
	while (at < buffer.length) {
		const length = utf8SequenceLength(buffer, at);
		if (length === 0) path += String.fromCharCode(0xdc00 + (buffer[at] as number));
		else path += buffer.toString("utf8", at, at + length);
		at += length || 1;
	}
	return path;
}

function utf8SequenceLength(buffer: Buffer, at: number): number {
	for (let length = 1; length <= 4 && at + length <= buffer.length; length++) {
		if (isUtf8(buffer.subarray(at, at + length))) return length;
	}
	return 0;
}

export function pathToBytes(path: PathString): Buffer {
	if (!escaped.test(path)) return Buffer.from(path, "utf8");
	const parts: Buffer[] = [];
	let from = 0;
	for (const match of path.matchAll(loneSurrogate)) {
		if (match[1] === undefined) continue;
		parts.push(Buffer.from(path.slice(from, match.index), "utf8"), Buffer.from([match[1].charCodeAt(0) - 0xdc00]));
		from = match.index + 1;
	}
	parts.push(Buffer.from(path.slice(from), "utf8"));
	return Buffer.concat(parts);
}

/** What node:fs takes: a string where that is exact, bytes where it is not. */
export function fsPath(path: PathString): string | Buffer {
	return isPortable(path) ? path : pathToBytes(path);
}

/** Whether the path is valid UTF-8, and so can be handed to a program as a plain string. */
export function isPortable(path: PathString): boolean {
	if (!escaped.test(path)) return true;
	return pathToBytes(path).equals(Buffer.from(path, "utf8"));
}

/** For people and logs: one line, escaped bytes as \xNN, control characters as \n, \t or \xNN, backslashes doubled. */
export function displayPath(path: PathString): string {
	let shown = "";
	for (const character of path) {
		const code = character.codePointAt(0) as number;
		if (code >= 0xdc80 && code <= 0xdcff) shown += `\\x${(code - 0xdc00).toString(16)}`;
		else if (character === "\\") shown += "\\\\";
		else if (character === "\n") shown += "\\n";
		else if (character === "\t") shown += "\\t";
		else if (code < 0x20 || code === 0x7f) shown += `\\x${code.toString(16).padStart(2, "0")}`;
		else shown += character;
	}
	return shown;
}
