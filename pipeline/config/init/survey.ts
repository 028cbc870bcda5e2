import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";

export interface SurveyedFile {
	/** Relative to the surveyed directory, "/" between the parts. */
	readonly path: string;
	readonly name: string;
	/** Relative directory; "" for the surveyed one. */
	readonly directory: string;
	/** With its dot, as written; of `x.mzML.gz` `.mzML.gz`. */
	readonly extension: string;
	readonly size: number;
	readonly mtimeMs: number;
}

/** What lies in a directory, as far as one needs to know to watch it. */
export interface Survey {
	readonly root: string;
	/** In the order of their paths. */
	readonly files: readonly SurveyedFile[];
	/** There is more than was looked at. */
	readonly truncated: boolean;
}

const mostFiles = 20_000;

/** Links are not followed, hidden names are left out: both are not watched either. */
export function survey(root: string): Survey {
	const files: SurveyedFile[] = [];
	const pending = [""];
	for (let directory = pending.shift(); directory !== undefined; directory = pending.shift()) {
		for (const entry of entriesOf(join(root, directory))) {
			const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
			if (entry.isDirectory()) pending.push(path);
			const stat = entry.isFile() ? statSync(join(root, path), { throwIfNoEntry: false }) : undefined;
			if (stat === undefined) continue;
			if (files.length === mostFiles) return { root, files: sorted(files), truncated: true };
			const { size, mtimeMs } = stat;
			files.push({ path, name: entry.name, directory, extension: extensionOf(entry.name), size, mtimeMs });
		}
	}
	return { root, files: sorted(files), truncated: false };
}

function entriesOf(directory: string): Dirent[] {
	try {
		return readdirSync(directory, { withFileTypes: true }).filter(({ name }) => !name.startsWith("."));
	} catch {
		return [];
	}
}

function sorted(files: readonly SurveyedFile[]): SurveyedFile[] {
	return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function extensionOf(name: string): string {
	const outer = extname(name);
	const inner = /^\.(gz|bz2|zip|xz)$/i.test(outer) ? extname(basename(name, outer)) : "";
	return /^\.[A-Za-z]\w*$/.test(inner) ? inner + outer : outer;
}

/** The name without its extension. */
export function stemOf({ name, extension }: SurveyedFile): string {
	return name.slice(0, name.length - extension.length);
}

export function parentOf(path: string): string {
	const parent = dirname(path);
	return parent === "." ? "" : parent;
}

/** The last bytes of a file, a byte a character: what a footer is looked for in. */
export function tailOf(root: string, file: SurveyedFile, bytes = 4096): string {
	return partOf(root, file, Math.max(0, file.size - bytes), bytes).toString("latin1");
}

/** The first bytes of a file as text: UTF-16 where its mark says so, else a byte a character. */
export function headOf(root: string, file: SurveyedFile, bytes = 256 * 1024): string {
	const head = partOf(root, file, 0, bytes);
	const isUtf16 = head[0] === 0xff && head[1] === 0xfe;
	return head.toString(isUtf16 ? "utf16le" : "latin1").replaceAll("\r", "");
}

function partOf(root: string, file: SurveyedFile, from: number, bytes: number): Buffer {
	const buffer = Buffer.alloc(Math.min(bytes, file.size));
	try {
		const descriptor = openSync(join(root, file.path), "r");
		try {
			return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, from));
		} finally {
			closeSync(descriptor);
		}
	} catch {
		return buffer.subarray(0, 0);
	}
}
