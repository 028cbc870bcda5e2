import { createHash, hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { fsPath, type PathString } from "#domain/path.ts";

/** A stream costs more than what it reads where there are many small files. */
const smallBytes = 1_048_576;

/** SHA-256 of a file of about this size. */
export async function fileDigest(path: PathString, size: number): Promise<string> {
	if (size <= smallBytes) return hash("sha256", await readFile(fsPath(path)), "hex");
	return (await digestOf(createReadStream(fsPath(path)))).sha256;
}

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
