import { createHash, randomUUID } from "node:crypto";
import { copyFileSync, createReadStream, mkdirSync, statSync, writeFileSync } from "node:fs";
import { constants, copyFile, type FileHandle, open, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { asWatchRabbitError, permanent, transient } from "#core/errors.ts";
import type { ObjectStore, StoredObject } from "#core/ports/object-store.ts";
import { fileChanged } from "#domain/file-changed.ts";
import { checkKey, temporaryDirectory } from "#domain/key-rules.ts";
import { fsPath, type PathString, pathFromBytes } from "#domain/path.ts";
import { DurableDirectories, flush } from "./durable-directories.ts";
import { errno, ifAbsent, isAbsence, type Place, replacing } from "./put-in-place.ts";

/**
 * Objects as files below a directory. An object is written to a temporary file, flushed, and then given its name in
 * one step; the name is flushed before the call resolves. What fails leaves nothing under the key; the temporary file of a
 * writer that was killed stays until the next one that has the directory to itself empties `temporaryDirectory`.
 */
export class DirectoryObjectStore implements ObjectStore {
	readonly #root: PathString;
	readonly #temporary: string;
	readonly #directories = new DurableDirectories();

	/** @throws WatchRabbitError when the directory cannot be made or written */
	constructor(root: PathString) {
		this.#root = root;
		this.#temporary = join(root, temporaryDirectory);
		try {
			mkdirSync(this.#temporary, { recursive: true });
		} catch (error) {
			throw this.#told(error);
		}
	}

	async putFile(key: string, file: string, sha256?: string): Promise<void> {
		const copy = async (temporary: string) => {
			await copyDurably(file, temporary);
			const digest = sha256 && (await digestOf(temporary));
			if (digest !== sha256) throw fileChanged(file, `its SHA-256 is ${digest} instead of ${sha256}`);
		};
		await this.#write(key, copy, replacing);
	}

	async put(key: string, body: Uint8Array | string): Promise<void> {
		await this.#write(key, (temporary) => writeDurably(body, temporary), replacing);
	}

	async putIfAbsent(key: string, body: Uint8Array | string): Promise<boolean> {
		if (await this.head(key)) return false;
		return this.#write(key, (temporary) => writeDurably(body, temporary), ifAbsent);
	}

	/** `range` counts bytes from 0, both ends included; what lies behind the end of the object is not there. */
	async get(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
		checkKey(key);
		const handle = await this.#open(key);
		if (handle) return handle.createReadStream(range && { start: range.start, end: range.end });
		throw permanent("OBJECT_MISSING", `there is no object ${key} in ${this.#root}`, {
			fix: "Run `watchrabbit verify`: it tells what else is missing. `watchrabbit replay` of the job makes it again.",
		});
	}

	async head(key: string): Promise<StoredObject | undefined> {
		checkKey(key);
		return this.#stat(key);
	}

	/** In the order of the bytes of the keys; directories are read as the listing comes to them. */
	async *list(prefix: string): AsyncIterable<StoredObject> {
		const nameAt = prefix.lastIndexOf("/") + 1;
		if (nameAt > 0) checkKey(prefix.slice(0, nameAt - 1));
		yield* this.#below(prefix.slice(0, nameAt), prefix.slice(nameAt));
	}

	async remove(keys: readonly string[]): Promise<void> {
		for (const key of keys) {
			checkKey(key);
			await rm(this.#path(key), { force: true }).catch((error) => {
				if (!isAbsence(error)) throw this.#told(error);
			});
		}
	}

	async close(): Promise<void> {}

	async #write(key: string, fill: (temporary: string) => Promise<void>, place: Place): Promise<boolean> {
		checkKey(key);
		const temporary = join(this.#temporary, randomUUID());
		const directory = dirname(join(this.#root, key));
		try {
			await fill(temporary);
			await this.#directories.make(directory);
			const placed = place(temporary, this.#path(key));
			await this.#directories.flush(directory);
			return placed;
		} catch (error) {
			await rm(temporary, { force: true });
			throw this.#told(error);
		}
	}

	/** Objects whose keys are `directory`, a name that begins with `beginning`, and anything after it. */
	async *#below(directory: string, beginning: string): AsyncIterable<StoredObject> {
		for (const name of await this.#names(directory)) {
			const key = directory + name;
			if (!name.startsWith(beginning) || key === `${temporaryDirectory}/`) continue;
			if (name.endsWith("/")) {
				yield* this.#below(key, "");
				continue;
			}
			const object = await this.#stat(key);
			if (object) yield object;
		}
	}

	/** Names of directories end with "/": that is how their objects sort among the keys. */
	async #names(directory: string): Promise<string[]> {
		try {
			const entries = await readdir(this.#path(directory), { withFileTypes: true, encoding: "buffer" });
			return entries
				.map((entry) => (entry.isDirectory() ? Buffer.concat([entry.name, Buffer.from("/")]) : entry.name))
				.sort(Buffer.compare)
				.map(pathFromBytes);
		} catch (error) {
			if (isAbsence(error)) return [];
			throw this.#told(error);
		}
	}

	async #open(key: string): Promise<FileHandle | undefined> {
		let handle: FileHandle | undefined;
		try {
			handle = await open(this.#path(key), "r");
			if ((await handle.stat()).isFile()) return handle;
		} catch (error) {
			if (!isAbsence(error)) throw this.#told(error);
		}
		await handle?.close();
		return undefined;
	}

	async #stat(key: string): Promise<StoredObject | undefined> {
		try {
			const found = await stat(this.#path(key));
			return found.isFile() ? { key, size: found.size, modifiedAt: Math.trunc(found.mtimeMs) } : undefined;
		} catch (error) {
			if (isAbsence(error)) return undefined;
			throw this.#told(error);
		}
	}

	#path(key: string): string | Buffer {
		return fsPath(join(this.#root, key));
	}

	#told(error: unknown): unknown {
		const code = errno(error);
		if (code === "ENOSPC" || code === "EDQUOT") {
			return transient("DISK_FULL", `no space left for objects in ${this.#root}; nothing was written`, {
				cause: error,
				fix: "Make room on that file system; work goes on by itself.",
			});
		}
		if (code === "ENOTDIR" || code === "EISDIR") {
			return permanent("OBJECT_KEY", `an object in ${this.#root} is in the way: ${(error as Error).message}`, {
				cause: error,
				fix: 'Of two keys one cannot be the beginning of the other up to a "/": give one of them another name.',
			});
		}
		return asWatchRabbitError(error);
	}
}

/**
 * Up to this a body is written on this thread: it goes into the system's memory, and a trip to the thread pool costs more.
 * The flush, which waits for the disk, never is.
 */
const smallBytes = 256 * 1024;

/** Both leave the file flushed. */
async function writeDurably(body: Uint8Array | string, file: string): Promise<void> {
	if (body.length > smallBytes) await writeFile(file, body, { flag: "wx" });
	else writeFileSync(file, body, { flag: "wx" });
	await flush(file);
}

async function copyDurably(from: PathString, file: string): Promise<void> {
	const how = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
	if (statSync(fsPath(from)).size > smallBytes) await copyFile(fsPath(from), file, how);
	else copyFileSync(fsPath(from), file, how);
	await flush(file);
}

async function digestOf(file: string): Promise<string> {
	const hash = createHash("sha256");
	for await (const chunk of createReadStream(file)) hash.update(chunk);
	return hash.digest("hex");
}
