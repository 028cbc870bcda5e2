import { createHash } from "node:crypto";
import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A second opinion that shares no code with the product: it walks the disk, reads the manifests where they lie, and
 * holds both against what the program says of itself.
 */

export interface Disk {
	/** SHA-256 by path relative to the root. The walk goes by bytes; what is told is their UTF-8. */
	readonly files: ReadonlyMap<string, string>;
}

export function walkDisk(root: string): Disk {
	const files = new Map<string, string>();
	walk(root, "", (path, entry) => {
		if (entry.isFile())
			files.set(Buffer.from(path, "latin1").toString("utf8"), sha256(Buffer.from(join(root, path), "latin1")));
	});
	return { files };
}

export interface FoundManifest {
	readonly key: string;
	readonly result: string;
	readonly job: string;
	readonly pipeline: string;
	readonly digests: readonly string[];
}

/** Every manifest in an object directory; each artifact that it names must lie there with its digest. */
export function readManifests(objects: string): FoundManifest[] {
	const found: FoundManifest[] = [];
	walk(objects, "", (path, entry) => {
		if (!entry.isFile() || entry.name !== "manifest.json" || !path.startsWith("results/")) return;
		const manifest = JSON.parse(readFileSync(join(objects, path), "utf8"));
		for (const artifact of manifest.artifacts) {
			const file = join(objects, path, "../artifacts", artifact.name);
			if (sha256(Buffer.from(file)) !== artifact.sha256) throw new Error(`${file} is not what ${path} says`);
		}
		found.push({
			key: path,
			result: manifest.result,
			job: manifest.job,
			pipeline: manifest.pipeline,
			digests: manifest.acquisition.members.map((member: { sha256: string }) => member.sha256),
		});
	});
	return found;
}

/** Temporary files of ours that an ended program must not leave behind. */
export function leftovers(data: string): string[] {
	const left: string[] = [];
	for (const directory of ["runs", "objects/.tmp"]) {
		if (existsSync(join(data, directory)))
			left.push(...readdirSync(join(data, directory)).map((name) => `${directory}/${name}`));
	}
	walk(data, "", (path, entry) => {
		if (entry.isFile() && /\.(tmp|partial|part)$/.test(entry.name)) left.push(path);
	});
	return left;
}

function walk(root: string, below: string, visit: (path: string, entry: Dirent<string>) => void): void {
	const directory = Buffer.from(join(root, below), "latin1");
	for (const entry of readdirSync(directory, { withFileTypes: true, encoding: "latin1" as BufferEncoding })) {
		const path = below === "" ? entry.name : `${below}/${entry.name}`;
		visit(path, entry);
		if (entry.isDirectory()) walk(root, path, visit);
	}
}

function sha256(file: Buffer): string {
	if (lstatSync(file).size > 2 ** 31) throw new Error("too large for this walk");
	return createHash("sha256").update(readFileSync(file)).digest("hex");
}
