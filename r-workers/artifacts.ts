import { createHash } from "node:crypto";
import { createReadStream, type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LocalArtifact } from "#core/ports/analysis-pool.ts";
import { displayPath, isPortable, pathFromBytes } from "#domain/path.ts";
import { mediaTypeOf } from "./media-type.ts";

/**
 * Up to this a file is read in one go, on this thread: the run's directory is local and was written a moment ago, and
 * a dozen trips to the thread pool cost more than all of the reading.
 */
const smallBytes = 256 * 1024;

export interface Found {
	readonly artifacts: readonly LocalArtifact[];
	/** Names of what is there and no artifact, with the reason. */
	readonly leftOut: readonly string[];
}

/** Every regular file below a directory, in the order of names. Links and devices are nothing that could be kept. */
export async function findArtifacts(directory: string): Promise<Found> {
	const artifacts: LocalArtifact[] = [];
	const leftOut: string[] = [];
	const walk = async (prefix: string): Promise<void> => {
		for (const entry of entriesOf(join(directory, prefix))) {
			const name = prefix + pathFromBytes(entry.name);
			if (!isPortable(name)) leftOut.push(`${displayPath(name)} (its name is not UTF-8)`);
			else if (entry.isDirectory()) await walk(`${name}/`);
			else if (entry.isFile()) artifacts.push(await describe(directory, name));
			else leftOut.push(`${displayPath(name)} (not a regular file)`);
		}
	};
	await walk("");
	return { artifacts, leftOut };
}

/** None when there is no such directory. */
export function entriesOf(directory: string): Dirent<Buffer>[] {
	try {
		const entries = readdirSync(directory, { withFileTypes: true, encoding: "buffer" });
		return entries.sort((a, b) => Buffer.compare(a.name, b.name));
	} catch {
		return [];
	}
}

async function describe(directory: string, name: string): Promise<LocalArtifact> {
	const file = join(directory, name);
	const { size } = statSync(file);
	const hash = createHash("sha256");
	if (size <= smallBytes) hash.update(readFileSync(file));
	else for await (const chunk of createReadStream(file)) hash.update(chunk);
	return { name, mediaType: mediaTypeOf(name), size, sha256: hash.digest("hex"), file };
}
