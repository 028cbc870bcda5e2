import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGunzip } from "node:zlib";
import type { Content } from "./content.ts";

const chunkSize = 256 * 1024;

/** The empty block that ends a BGZF file. Source: SAM/BAM format specification, 4.1.2. */
const bgzfEnd = Buffer.from("1f8b08040000000000ff0600424302001b0003000000000000000000", "hex");

/**
 * Inflates all members, because nothing less can tell a whole stream from a cut one: CRC-32 and length at the end of
 * each are checked by that. BGZF is cut into members, so a cut between two of them shows only by the missing end block.
 */
export async function probeGzip(content: Content, aborted: () => boolean): Promise<string | undefined> {
	const head = content.head(18);
	if (head.length < 2 || head.readUInt16BE(0) !== 0x1f8b) return "a gzip header";
	if (isBgzf(head) && !content.tail(bgzfEnd.length).equals(bgzfEnd)) return "the end block of the BGZF file";
	try {
		const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
		await pipeline(Readable.from(chunks(content, aborted)), createGunzip({ chunkSize }), nothing);
		return undefined;
	} catch (thrown) {
		const { errno, message } = thrown as NodeJS.ErrnoException;
		if (errno === constants.Z_BUF_ERROR) return "the end of the gzip stream";
		return `an intact gzip stream (${message})`;
	}
}

function isBgzf(head: Buffer): boolean {
	const hasExtraField = head.length === 18 && ((head[3] as number) & 4) !== 0;
	return hasExtraField && head.toString("latin1", 12, 14) === "BC";
}

function* chunks(content: Content, aborted: () => boolean): Generator<Buffer> {
	for (const chunk of content.chunks(chunkSize)) {
		if (aborted()) return;
		yield chunk;
	}
}
