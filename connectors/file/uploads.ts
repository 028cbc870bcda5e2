import { randomUUID } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { permanent } from "#core/errors.ts";
import type { NewUpload, Received, Upload } from "#core/ports/inlet.ts";
import { temporaryDirectory } from "#domain/key-rules.ts";
import type { PathString } from "#domain/path.ts";
import { requireDirectory } from "./leftovers.ts";
import { isAbsence } from "./put-in-place.ts";
import { type Reception, told } from "./reception.ts";

/** What is not gone on with for so long is removed. */
const keptMs = 24 * 3_600_000;
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
		await this.#removeExpired();
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
		const { size: offset, mtimeMs } = await stat(this.#part(id)).catch(unknown(id));
		return { id, path, bytes, offset, expiresAt: Math.ceil(mtimeMs + keptMs) };
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
		if (this.#busy.has(id)) {
			throw permanent("UPLOAD_BUSY", "another connection sends a part of it", {
				fix: "Ask for its offset once that has ended.",
			});
		}
		this.#busy.add(id);
		try {
			await this.#write(kept, offset, body);
			const { size } = await stat(this.#part(id));
			return { offset: size, received: size < kept.bytes ? undefined : await this.#finish(kept) };
		} catch (thrown) {
			throw told(thrown);
		} finally {
			this.#busy.delete(id);
		}
	}

	async remove(id: string): Promise<void> {
		await this.#kept(id);
		await this.#remove(id);
	}

	async #write({ id, bytes }: Kept, offset: number, body: AsyncIterable<Uint8Array>): Promise<void> {
		const handle = await open(this.#part(id), onlyAtItsEnd).catch(unknown(id));
		try {
			let { size: at } = await handle.stat();
			if (at !== offset) {
				throw permanent("UPLOAD_OFFSET", `${at} bytes are there, and not ${offset}`, { fix: "Go on from there." });
			}
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

	/** It can be finished once more where it may have its place later. */
	async #finish({ id, path, sha256, terms }: Kept): Promise<Received> {
		const promised = sha256 === undefined ? {} : { sha256 };
		try {
			const received = await this.#reception.adopt(
				path,
				this.#part(id),
				createReadStream(this.#part(id)),
				promised,
				terms,
			);
			await this.#remove(id);
			return received;
		} catch (thrown) {
			const error = told(thrown);
			if (error.class !== "transient") await this.#remove(id);
			throw error;
		}
	}

	async #removeExpired(): Promise<void> {
		const names = await readdir(dirname(this.#part(""))).catch(() => []);
		for (const id of new Set(names.map((name) => name.split(".", 1).join()))) {
			const found = await stat(this.#part(id)).catch(() => undefined);
			if (found !== undefined && Date.now() - found.mtimeMs > keptMs && !this.#busy.has(id)) await this.#remove(id);
		}
	}

	async #kept(id: string): Promise<Kept> {
		const text = await (isId.test(id) ? readFile(this.#note(id), "utf8") : Promise.reject(absent)).catch(unknown(id));
		return JSON.parse(text) as Kept;
	}

	async #remove(id: string): Promise<void> {
		for (const file of [this.#note(id), `${this.#note(id)}.new`, this.#part(id)]) await rm(file, { force: true });
	}

	#part(id: string): string {
		return join(this.#root, temporaryDirectory, "uploads", `${id}.part`);
	}

	#note(id: string): string {
		return join(this.#root, temporaryDirectory, "uploads", `${id}.json`);
	}
}

const absent = Object.assign(new Error("no id"), { code: "ENOENT" });

function unknown(id: string) {
	return (error: unknown): never => {
		if (!isAbsence(error)) throw error;
		throw permanent("UPLOAD_UNKNOWN", `there is no upload ${id}: it is over, or was not gone on with for a day`, {
			fix: "Begin anew.",
		});
	};
}

async function writeDurably(file: string, text: string): Promise<void> {
	await writeFile(file, text, { flag: "wx", flush: true });
}
