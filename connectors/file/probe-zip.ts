import type { Content } from "./content.ts";

/** The record that ends an archive, and the longest comment behind it. Source: APPNOTE.TXT 6.3.10, 4.3.16. */
const endSize = 22;
const longestComment = 0xffff;
const endSignature = Buffer.from("504b0506", "hex");
const directorySignature = 0x02014b50;
const zip64Locator = { size: 20, signature: 0x07064b50 };
const zip64End = { size: 56, signature: 0x06064b50 };

const missing = "the central directory at the end of the zip archive";

/** The central directory is written last: it is there, ends where it says, and begins with an entry. */
export function probeZip(content: Content): string | undefined {
	const tail = content.tail(endSize + longestComment);
	for (let at = tail.lastIndexOf(endSignature); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(endSignature, at - 1)) {
		const end = tail.subarray(at);
		// Bytes of a comment may look like a signature: the comment's length tells the real one.
		if (end.length < endSize || end.length !== endSize + end.readUInt16LE(20)) continue;
		return hasDirectory(content, content.size - end.length, end) ? undefined : missing;
	}
	return missing;
}

function hasDirectory(content: Content, endAt: number, end: Buffer): boolean {
	let entries = end.readUInt16LE(10);
	let size = end.readUInt32LE(12);
	let offset = end.readUInt32LE(16);
	if (entries === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
		const large = zip64(content, endAt);
		if (large === undefined) return false;
		({ entries, size, offset } = large);
	}
	if (offset + size > endAt) return false;
	return entries === 0 || content.read(offset, 4).readUInt32LE(0) === directorySignature;
}

function zip64(content: Content, endAt: number): { entries: number; size: number; offset: number } | undefined {
	if (endAt < zip64Locator.size) return undefined;
	const locator = content.read(endAt - zip64Locator.size, zip64Locator.size);
	if (locator.readUInt32LE(0) !== zip64Locator.signature) return undefined;
	const end = content.read(Number(locator.readBigUInt64LE(8)), zip64End.size);
	if (end.length < zip64End.size || end.readUInt32LE(0) !== zip64End.signature) return undefined;
	const number = (at: number) => Number(end.readBigUInt64LE(at));
	return { entries: number(32), size: number(40), offset: number(48) };
}
