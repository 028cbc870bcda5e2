import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { permanent } from "#core/errors.ts";
import { isBusy, sqliteError } from "./sqlite-error.ts";

/** Who works in a data directory. */
export interface LockHolder {
	readonly pid: number;
	readonly host: string;
	/** ISO 8601. */
	readonly startedAt: string;
	readonly command: string;
	/** Where it tells how it is, once it does. */
	readonly address?: string;
}

/**
 * The right to work in a data directory, held by one `up` at a time.
 *
 * It is SQLite's write lock on a file of its own, that is, a lock of the operating system: it ends with its process
 * however that ends, needs no comparison of process ids, and holds between containers that share the directory.
 * `up.json` beside it only names the holder.
 */
export class DataLock {
	readonly #connection: DatabaseSync;
	readonly #nameFile: string;
	#holder: LockHolder;

	private constructor(connection: DatabaseSync, nameFile: string, holder: LockHolder) {
		this.#connection = connection;
		this.#nameFile = nameFile;
		this.#holder = holder;
	}

	/** @throws WatchRabbitError DATA_IN_USE (permanent), naming the holder */
	static async acquire(directory: string, holder: Omit<LockHolder, "pid" | "host">): Promise<DataLock> {
		mkdirSync(directory, { recursive: true });
		const nameFile = join(directory, "up.json");
		const connection = lock(join(directory, "up.lock"));
		if (!connection) throw inUse(directory, await namedHolder(nameFile));
		const named = { pid: process.pid, host: hostname(), ...holder };
		try {
			writeName(nameFile, named);
		} catch (error) {
			connection.close();
			throw error;
		}
		return new DataLock(connection, nameFile, named);
	}

	/** Who holds it now, as far as can be seen from here: undefined where nobody does, or on another host. */
	static holder(directory: string): LockHolder | undefined {
		const holder = readName(join(directory, "up.json"));
		return holder?.host === hostname() && isAlive(holder.pid) ? holder : undefined;
	}

	/** Says more of the holder. */
	name(more: Pick<LockHolder, "address">): void {
		if (!this.#connection.isOpen) return;
		this.#holder = { ...this.#holder, ...more };
		writeName(this.#nameFile, this.#holder);
	}

	/** Releasing twice is no error. */
	release(): void {
		if (!this.#connection.isOpen) return;
		rmSync(this.#nameFile, { force: true });
		this.#connection.close();
	}
}

/** IMMEDIATE, not EXCLUSIVE: of two that start at once exactly one gets the first, while both could miss the second. */
function lock(file: string): DatabaseSync | undefined {
	let connection: DatabaseSync | undefined;
	try {
		connection = new DatabaseSync(file, { timeout: 0 });
		connection.exec("BEGIN IMMEDIATE");
		return connection;
	} catch (error) {
		connection?.close();
		if (isBusy(error)) return undefined;
		throw sqliteError(error, file);
	}
}

/** Only the holder of the lock writes here. */
function writeName(file: string, holder: LockHolder): void {
	const temporary = `${file}.new`;
	writeFileSync(temporary, `${JSON.stringify(holder)}\n`);
	renameSync(temporary, file);
}

/** A holder that has just started may not have written its name yet, and the name of one that was killed may still lie there. */
async function namedHolder(file: string): Promise<LockHolder | undefined> {
	for (let attempt = 0; attempt < 20; attempt++) {
		const holder = readName(file);
		if (holder && (holder.host !== hostname() || isAlive(holder.pid))) return holder;
		await sleep(50);
	}
	return undefined;
}

function readName(file: string): LockHolder | undefined {
	try {
		return JSON.parse(readFileSync(file, "utf8")) as LockHolder;
	} catch {
		return undefined;
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error instanceof Error && "code" in error && error.code === "EPERM";
	}
}

function inUse(directory: string, holder: LockHolder | undefined) {
	const who = holder
		? `process ${holder.pid} on ${holder.host}, started at ${holder.startedAt} as \`${holder.command}\``
		: "another process";
	return permanent("DATA_IN_USE", `${directory} is in use by ${who}`, {
		fix: "End that process first, or give this configuration a directory of its own (`data:`).",
	});
}
