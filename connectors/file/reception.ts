import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { asWatchRabbitError, permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Promised, Received, Terms } from "#core/ports/inlet.ts";
import { temporaryDirectory } from "#domain/key-rules.ts";
import { displayPath, fsPath, type PathString } from "#domain/path.ts";
import { DurableDirectories } from "./durable-directories.ts";
import { removeLeftovers, requireDirectory } from "./leftovers.ts";
import { refuseLinks } from "./no-links.ts";
import { errno, ifAbsent, isAbsence, replacing } from "./put-in-place.ts";

/**
 * Files that come as streams, on their way into a directory that is watched: each is written to a temporary file that no
 * scan sees, flushed, and then given its name in one step.
 */
export class Reception {
	readonly #root: PathString;
	readonly #mostBytes: number;
	readonly #directories = new DurableDirectories();
	#cleared: Promise<void> | undefined;
	/** Of one path one at a time looks at what is there and takes its place. */
	readonly #placing = new Map<PathString, Promise<unknown>>();

	constructor(root: PathString, mostBytes: number) {
		this.#root = root;
		this.#mostBytes = mostBytes;
	}

	/** What a process that was killed left behind is removed before the first one. */
	async receive(
		path: PathString,
		body: AsyncIterable<Uint8Array>,
		promised: Promised,
		terms: Terms,
	): Promise<Received> {
		const temporary = join(this.#root, temporaryDirectory, randomUUID());
		try {
			await requireDirectory(this.#root);
			await mkdir(dirname(temporary), { recursive: true });
			this.#cleared ??= removeLeftovers(this.#root).catch(() => {});
			await this.#cleared;
			const written = await this.#write(temporary, body, promised);
			return await this.#alone(path, () => this.#place(temporary, path, written, terms));
		} catch (thrown) {
			throw told(thrown);
		} finally {
			await rm(temporary, { force: true });
		}
	}

	/** A file that has come whole, and lies beside: `content` is read of it, and it is then in its place, or where it was. */
	async adopt(
		path: PathString,
		file: string,
		content: AsyncIterable<Uint8Array>,
		promised: Promised,
		terms: Terms,
	): Promise<Received> {
		const is = await this.#digested(content, promised, async () => {});
		return await this.#alone(path, () => this.#place(file, path, is, terms));
	}

	async #write(temporary: string, body: AsyncIterable<Uint8Array>, promised: Promised) {
		const handle = await open(temporary, "wx");
		try {
			const written = await this.#digested(body, promised, (chunk) => handle.writeFile(chunk));
			await handle.sync();
			return written;
		} finally {
			await handle.close();
		}
	}

	/** The digests are taken of what was received. */
	async #digested(
		body: AsyncIterable<Uint8Array>,
		{ bytes: announced, ...digests }: Promised,
		take: (chunk: Uint8Array) => Promise<void>,
	) {
		const hashes = { sha256: createHash("sha256"), sha512: createHash("sha512") };
		if (announced !== undefined) this.refuseLarge(announced);
		let bytes = 0;
		for await (const chunk of body) {
			bytes += chunk.length;
			this.refuseLarge(bytes);
			hashes.sha256.update(chunk);
			if (digests.sha512 !== undefined) hashes.sha512.update(chunk);
			await take(chunk);
		}
		if (announced !== undefined && bytes !== announced) {
			throw permanent("BODY_INCOMPLETE", `${bytes} bytes came instead of ${announced}`, {
				fix: "Send it again, whole.",
			});
		}
		const sha256 = hashes.sha256.digest("hex");
		refuseOther("SHA-256", digests.sha256, sha256);
		if (digests.sha512 !== undefined) refuseOther("SHA-512", digests.sha512, hashes.sha512.digest("hex"));
		return { bytes, sha256 };
	}

	/** @throws WatchRabbitError PAYLOAD_TOO_LARGE (permanent) */
	refuseLarge(bytes: number): void {
		if (bytes <= this.#mostBytes) return;
		throw permanent("PAYLOAD_TOO_LARGE", `more than ${this.#mostBytes} bytes are not taken`, {
			fix: "Write it into the directory itself, or allow more: http.upload.size.",
		});
	}

	async #place(
		temporary: string,
		path: PathString,
		{ bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
		{ onlyNew, replacing: allowed }: Terms,
	): Promise<Received> {
		const final = fsPath(join(this.#root, path));
		refuseLinks(this.#root, path);
		const there = await this.#digest(path);
		if (there !== undefined && onlyNew) throw unmet(path, "is there already");
		if (allowed !== undefined && there === undefined) throw unmet(path, "is not there");
		if (allowed !== undefined && allowed !== "*" && !allowed.includes(there ?? "")) {
			throw unmet(path, "is not what If-Match says");
		}
		if (there === sha256) return { became: "unchanged", bytes, sha256 };
		if (there !== undefined && allowed === undefined) throw exists(path);
		const directory = join(this.#root, dirname(path));
		await this.#directories.make(directory);
		// Whoever can write there has had all the time since to put a link in the place of a directory.
		refuseLinks(this.#root, path);
		// Whoever writes there meanwhile was first.
		if (there !== undefined) replacing(temporary, final);
		else if (!ifAbsent(temporary, final)) throw onlyNew ? unmet(path, "is there already") : exists(path);
		await this.#directories.flush(directory);
		return { became: there === undefined ? "created" : "replaced", bytes, sha256 };
	}

	/** Undefined: nothing is there. A link is not looked through: whether it leads to the same content is nobody's business. */
	async #digest(path: PathString): Promise<string | undefined> {
		const file = fsPath(join(this.#root, path));
		const found = await lstat(file).catch((error: unknown) => {
			if (isAbsence(error)) return undefined;
			throw error;
		});
		if (found === undefined) return undefined;
		if (!found.isFile()) throw exists(path);
		const hash = createHash("sha256");
		const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
		for await (const chunk of handle.createReadStream()) hash.update(chunk);
		return hash.digest("hex");
	}

	async #alone<T>(path: PathString, work: () => Promise<T>): Promise<T> {
		const before = this.#placing.get(path) ?? Promise.resolve();
		const mine = before.then(work, work);
		this.#placing.set(path, mine);
		try {
			return await mine;
		} finally {
			if (this.#placing.get(path) === mine) this.#placing.delete(path);
		}
	}
}

function refuseOther(algorithm: string, said: string | undefined, is: string): void {
	if (said === undefined || said === is) return;
	throw permanent("DIGEST_MISMATCH", `the ${algorithm} of what came is ${is}`, {
		fix: "Send it again: nothing was kept.",
	});
}

function unmet(path: PathString, why: string): WatchRabbitError {
	return permanent("PRECONDITION_FAILED", `${displayPath(path)} ${why}`, {
		fix: "Look at what is there; leave If-None-Match and If-Match out where it does not matter.",
	});
}

function exists(path: PathString): WatchRabbitError {
	return permanent("FILE_EXISTS", `something else is at ${displayPath(path)}`, {
		fix: 'Give the file another name, or say which content it replaces: If-Match: "<its sha256>".',
	});
}

export function told(thrown: unknown): WatchRabbitError {
	const code = errno(thrown);
	if (code === "ENOSPC" || code === "EDQUOT") {
		return transient("DISK_FULL", "no space is left where the files of this source lie; nothing was kept", {
			cause: thrown,
			fix: "Make room there, and send it again.",
		});
	}
	if (code === "ENOTDIR" || code === "EISDIR") {
		return permanent(
			"FILE_EXISTS",
			"a file lies where the path has a directory, or a directory where it has the file",
			{
				cause: thrown,
				fix: "Give the file another name.",
			},
		);
	}
	return asWatchRabbitError(thrown);
}
