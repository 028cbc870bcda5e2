import { createHash, type Hash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { constants, copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { asWatchRabbitError, permanent } from "#core/errors.ts";
import type { ClaimedInput } from "#core/ports/catalog.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Member } from "#domain/acquisition.ts";
import { inputKey } from "#domain/object-keys.ts";
import { displayPath, fsPath, type PathString } from "#domain/path.ts";

/** A file of the cache, from the moment it is asked for. */
interface Cached {
	readonly file: string;
	readonly size: number;
	/** False: the archive does not have it. */
	readonly there: Promise<boolean>;
	/** Who waits for it, or copies it: it stays that long. */
	users: number;
}

/**
 * Brings archived inputs to where they cannot be read in place: to other hosts, or after they were deleted. Downloads are
 * kept in a directory of this process's own, up to a bound in bytes; what was not used for longest goes first.
 */
export class InputCache {
	readonly #objects: ObjectStore;
	readonly #directory: string;
	readonly #mostBytes: number;
	/** By digest; in the order of their last use. */
	readonly #cached = new Map<string, Cached>();
	#bytes = 0;
	#downloads = 0;

	/** The directory is this cache's alone. */
	constructor(objects: ObjectStore, directory: string, mostBytes: number) {
		this.#objects = objects;
		this.#directory = directory;
		this.#mostBytes = mostBytes;
	}

	/**
	 * The same acquisition with its files below `root`; undefined where the archive does not have all of them.
	 * @throws WatchRabbitError INPUT_DAMAGED, INPUT_PATH (permanent), and what keeps us from reading the store or writing copies
	 */
	async fetch({ acquisition }: ClaimedInput, root: PathString): Promise<ClaimedInput | undefined> {
		for (const member of acquisition.members) {
			if (!(await this.#bring(member, placeOf(member, root)))) return undefined;
		}
		return { acquisition, root };
	}

	/** A copy, not a link: a script that writes into its input spoils nobody else's. */
	async #bring(member: Member, file: PathString): Promise<boolean> {
		const cached = this.#cached.get(member.sha256) ?? this.#begin(member);
		cached.users++;
		this.#cached.delete(member.sha256);
		this.#cached.set(member.sha256, cached);
		try {
			if (!(await cached.there)) return false;
			await mkdir(fsPath(dirname(file)), { recursive: true });
			await copyFile(cached.file, fsPath(file), constants.COPYFILE_FICLONE);
			return true;
		} finally {
			cached.users--;
			await this.#shrink();
		}
	}

	#begin(member: Member): Cached {
		const file = join(this.#directory, `${member.sha256}-${++this.#downloads}`);
		this.#bytes += member.size;
		const forget = () => {
			if (this.#cached.get(member.sha256) === cached) this.#cached.delete(member.sha256);
			this.#bytes -= member.size;
		};
		const there = this.#download(member, file).then(
			(found) => {
				if (!found) forget();
				return found;
			},
			(thrown: unknown) => {
				forget();
				throw thrown;
			},
		);
		const cached = { file, size: member.size, there, users: 0 };
		return cached;
	}

	async #download(member: Member, file: string): Promise<boolean> {
		const hash = createHash("sha256");
		try {
			const body = await this.#objects.get(inputKey(member.sha256));
			await pipeline(body, hashing(hash), createWriteStream(file));
			if (hash.digest("hex") === member.sha256) return true;
		} catch (thrown) {
			await rm(file, { force: true });
			const error = asWatchRabbitError(thrown);
			if (error.code === "OBJECT_MISSING") return false;
			throw error;
		}
		await rm(file, { force: true });
		throw permanent("INPUT_DAMAGED", `${displayPath(member.path)} is not in the archive what was stored there`, {
			fix: `Put ${inputKey(member.sha256)} back into the object store from a copy.`,
		});
	}

	async #shrink(): Promise<void> {
		for (const [sha256, cached] of this.#cached) {
			if (this.#bytes <= this.#mostBytes) return;
			if (cached.users > 0) continue;
			this.#cached.delete(sha256);
			this.#bytes -= cached.size;
			await rm(cached.file, { force: true });
		}
	}
}

function hashing(hash: Hash) {
	return async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
		for await (const chunk of chunks) {
			hash.update(chunk);
			yield chunk;
		}
	};
}

/** What a message calls a member may lead nowhere else. */
function placeOf({ path }: Member, root: PathString): PathString {
	if (!path.startsWith("/") && !path.split("/").includes("..")) return join(root, path);
	throw permanent("INPUT_PATH", `"${displayPath(path)}" leads out of its source`, {
		fix: "Find out who published it: WatchRabbit's own paths lie below the root of their source.",
	});
}
