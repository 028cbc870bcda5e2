import { createHash } from "node:crypto";
import type { Readable } from "node:stream";

/** SHA-256 and length of what is read. */
export async function digestOf(stream: Readable): Promise<{ readonly sha256: string; readonly size: number }> {
	const hash = createHash("sha256");
	let size = 0;
	for await (const chunk of stream as AsyncIterable<Buffer>) {
		hash.update(chunk);
		size += chunk.length;
	}
	return { sha256: hash.digest("hex"), size };
}
