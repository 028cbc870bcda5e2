import { randomUUID } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { permanent, transient } from "#core/errors.ts";
import type { NewUpload, Received, Upload } from "#core/ports/inlet.ts";
import { temporaryDirectory } from "#domain/key-rules.ts";
import type { PathString } from "#domain/path.ts";
import { requireDirectory } from "./leftovers.ts";
import { isAbsence } from "./put-in-place.ts";
import { type Reception, told } from "./reception.ts";

/** What is not gone on with for so long is removed. */
const keptMs = 24 * 3_600_000;
/** Of one source at a time: each one that is begun looks at all of them. */
const mostOpen = 1_000;
/** What is wrong with these is wrong with what was sent: it never has its place. */
const senders: ReadonlySet<string> = new Set([
	"DIGEST_MISMATCH",
	"FILE_EXISTS",
	"PRECONDITION_FAILED",
	"PAYLOAD_TOO_LARGE",
]);
const onlyAtItsEnd = constants.O_WRONLY | constants.O_APPEND;
const isId = /^[0-9a-f-]{36}$/;

/** As it is written down. */
interface Kept extends NewUpload {
	readonly id: string;
}

/**
 * Files that come in parts, over as many connections and restarts as it takes: what has come lies beside a note of what
 * is to become of it, in the file system of the directory that it is for, where no scan looks. How much has come is how
 * long the file is: nothing is counted twice.
 */
export class Uploads {
	readonly #root: PathString;
	readonly #reception: Reception;
	/** One connection at a time writes a part. */
	readonly #busy = new Set<string>();

	constructor(root: PathString, reception: Reception) {
		this.#root = root;
		this.#reception = reception;
	}

	async create(asked: NewUpload): Promise<Upload> {
		this.#reception.refuseLarge(asked.bytes);
		await this.#makeRoom();
		const id = randomUUID();
		try {
			await requireDirectory(this.#root);
			await mkdir(dirname(this.#part(id)), { recursive: true });
			await writeDurably(this.#part(id), "");
			// Under its name it is whole.
			await writeDurably(`${this.#note(id)}.new`, JSON.stringify({ id, ...asked } satisfies Kept));
			await rename(`${this.#note(id)}.new`, this.#note(id));
		} catch (thrown) {
			await this.#remove(id);
			throw told(thrown);
		}
		return this.find(id);
	}

	/** @throws WatchRabbitError UPLOAD_UNKNOWN (permanent) */
	async find(id: string): Promise<Upload> {
		const { path, bytes } = await this.#kept(id);
		const { size, mtimeMs } = await stat(this.#part(id)).catch(this.#unknown(id));
		return { id, path, bytes, offset: offsetOf(size, bytes), expiresAt: Math.ceil(mtimeMs + keptMs) };
	}

	/**
	 * What comes up to a cut connection is kept. With the last byte the file is given its place, and the upload is over; so it
	 * is if it can never have it.
	 *
	 * @throws WatchRabbitError UPLOAD_UNKNOWN, UPLOAD_OFFSET, UPLOAD_BUSY, PAYLOAD_TOO_LARGE (permanent), and as `receive`
	 */
	async append(
		id: string,
		offset: number,
		body: AsyncIterable<Uint8Array>,
	): Promise<{ readonly offset: number; readonly received: Received | undefined }> {
		const kept = await this.#kept(id);
		this.#refuseBusy(id);
		this.#busy.add(id);
		try {
			await this.#write(kept, offset, body);
			const { size } = await stat(this.#part(id)).catch(this.#unknown(id));
			return { offset: size, received: size < kept.bytes ? undefined : await this.#finish(kept) };
		} catch (thrown) {
			throw told(thrown);
		} finally {
			this.#busy.delete(id);
		}
	}

	/** @throws WatchRabbitError UPLOAD_UNKNOWN, UPLOAD_BUSY (permanent) */
	async remove(id: string): Promise<void> {
		await this.#kept(id);
		this.#refuseBusy(id);
		await this.#remove(id);
	}

	#refuseBusy(id: string): void {
		if (!this.#busy.has(id)) return;
		throw permanent("UPLOAD_BUSY", "another connection sends a part of it", {
			fix: "Ask for its offset once that has ended.",
		});
	}

	async #write({ id, bytes }: Kept, offset: number, body: AsyncIterable<Uint8Array>): Promise<void> {
		const handle = await open(this.#part(id), onlyAtItsEnd).catch(this.#unknown(id));
		try {
			const { size } = await handle.stat();
			let at = offsetOf(size, bytes);
			if (at !== offset) {
				throw permanent("UPLOAD_OFFSET", `${at} bytes are there, and not ${offset}`, { fix: "Go on from there." });
			}
			if (at < size) await handle.truncate(at);
			try {
				for await (const chunk of body) {
					if (at + chunk.length > bytes) {
						throw permanent("PAYLOAD_TOO_LARGE", `more came than the ${bytes} bytes of it`, {
							fix: "Send what is missing.",
						});
					}
					await handle.writeFile(chunk);
					at += chunk.length;
				}
			} finally {
				await handle.sync();
			}
		} finally {
			await handle.close();
		}
	}

	/** Where it is not for the sender to mend, it can be finished once more when somebody has. */
	async #finish(kept: Kept): Promise<Received> {
		const part = this.#part(kept.id);
		try {
			const received = await this.#reception.adopt(kept.path, part, createReadStream(part), kept, kept.terms);
			await this.#remove(kept.id);
			return received;
		} catch (thrown) {
			const error = told(thrown);
			if (senders.has(error.code)) await this.#remove(kept.id);
			throw error;
		}
	}

	/** @throws WatchRabbitError UPLOADS_TOO_MANY (transient) */
	async #makeRoom(): Promise<void> {
		const names = await readdir(dirname(this.#part(""))).catch(() => []);
		const ids = new Set(names.map((name) => name.split(".", 1).join()));
		for (const id of ids) {
			const at = await this.#wentOnAt(id);
			const isOver = at !== undefined && Date.now() - at > keptMs;
			if (isOver && !this.#busy.has(id) && ids.delete(id)) await this.#remove(id);
		}
		if (ids.size < mostOpen) return;
		throw transient("UPLOADS_TOO_MANY", `${ids.size} uploads of this source are open`, {
			fix: "Finish those, or give them up by DELETE; what is not gone on with for a day goes by itself.",
		});
	}

	/** What a process that was killed left of one has no part, or no note. */
	async #wentOnAt(id: string): Promise<number | undefined> {
		for (const file of [this.#part(id), ...this.#notes(id)]) {
			const found = await stat(file).catch(() => undefined);
			if (found !== undefined) return found.mtimeMs;
		}
		return undefined;
	}

	async #kept(id: string): Promise<Kept> {
		const text = isId.test(id) ? readFile(this.#note(id), "utf8") : Promise.reject(absent);
		return JSON.parse(await text.catch(this.#unknown(id))) as Kept;
	}

	/** Where nothing is there at all, nobody knows yet whether it is over. */
	#unknown(id: string) {
		return async (error: unknown): Promise<never> => {
			if (!isAbsence(error)) throw error;
			await requireDirectory(this.#root);
			throw permanent("UPLOAD_UNKNOWN", `there is no upload ${id}: it is over, or was not gone on with for a day`, {
				fix: "Begin anew.",
			});
		};
	}

	async #remove(id: string): Promise<void> {
		for (const file of [...this.#notes(id), this.#part(id)]) await rm(file, { force: true });
	}

	#part(id: string): string {
		return join(this.#root, temporaryDirectory, "uploads", `${id}.part`);
	}

	#note(id: string): string {
		return join(this.#root, temporaryDirectory, "uploads", `${id}.json`);
	}

	/** Under the second name it is not whole yet. */
	#notes(id: string): readonly string[] {
		return [this.#note(id), `${this.#note(id)}.new`];
	}
}

const absent = Object.assign(new Error("no id"), { code: "ENOENT" });

/**
 * The last byte counts once the file has its place: a client that is told of all of them takes the file for received, and
 * is not seen again, though its digest was not held against it yet, or the process was killed before the end.
 */
function offsetOf(size: number, bytes: number): number {
	return size < bytes ? size : Math.max(0, bytes - 1);
}

async function writeDurably(file: string, text: string): Promise<void> {
	await writeFile(file, text, { flag: "wx", flush: true });
}
