import type { StatementSync } from "node:sqlite";
import { type PathString, pathFromBytes, pathToBytes } from "#domain/path.ts";
import type { Database } from "./open.ts";

/** Where an entry lies: the row of its directory, and its name there. */
export interface Place {
	readonly directory: number;
	readonly name: Buffer;
}

/** Directories whose rows are remembered between two calls: a scan goes on in the same few. Sources are few anyway. */
const remembered = 1_000;

/** The rows of sources and directories. */
export class LedgerPlaces {
	readonly #findSource: StatementSync;
	readonly #addSource: StatementSync;
	readonly #sourceOf: StatementSync;
	readonly #findDirectory: StatementSync;
	readonly #addDirectory: StatementSync;
	readonly #sources = new Map<string, number>();
	readonly #directories = new Map<string, number>();

	constructor(database: Database) {
		this.#findSource = database.prepare("SELECT id FROM source WHERE name = ?");
		this.#addSource = database.prepare("INSERT INTO source (name) VALUES (?)");
		this.#sourceOf = database.prepare(
			"SELECT source FROM directory WHERE id = (SELECT directory FROM entry WHERE id = ?)",
		);
		this.#findDirectory = database.prepare("SELECT id FROM directory WHERE source = ? AND path = ?");
		this.#addDirectory = database.prepare("INSERT INTO directory (source, path) VALUES (?, ?)");
	}

	source(name: string): number | undefined {
		const known = this.#sources.get(name);
		if (known !== undefined) return known;
		const id = this.#findSource.get(name)?.id as number | undefined;
		if (id !== undefined) this.#sources.set(name, id);
		return id;
	}

	makeSource(name: string): number {
		return this.source(name) ?? Number(this.#addSource.run(name).lastInsertRowid);
	}

	sourceOf(entry: number): number {
		return Number(this.#sourceOf.get(entry)?.source);
	}

	directory(source: number, path: PathString): number | undefined {
		const key = `${source}:${path}`;
		const known = this.#directories.get(key);
		if (known !== undefined) return known;
		const id = this.#findDirectory.get(source, pathToBytes(path))?.id as number | undefined;
		if (id !== undefined) this.#remember(key, id);
		return id;
	}

	/** Where the path is, or will be. */
	makePlace(source: number, path: PathString): Place {
		const [directory, name] = split(path);
		return { directory: this.directory(source, directory) ?? this.#makeDirectory(source, directory), name };
	}

	place(source: number, path: PathString): Place | undefined {
		const [directory, name] = split(path);
		const id = this.directory(source, directory);
		return id === undefined ? undefined : { directory: id, name };
	}

	/** After a transaction that made sources and directories was taken back. */
	forget(): void {
		this.#sources.clear();
		this.#directories.clear();
	}

	#makeDirectory(source: number, path: PathString): number {
		const id = Number(this.#addDirectory.run(source, pathToBytes(path)).lastInsertRowid);
		this.#remember(`${source}:${path}`, id);
		return id;
	}

	#remember(key: string, id: number): void {
		if (this.#directories.size >= remembered) this.#directories.clear();
		this.#directories.set(key, id);
	}
}

function split(path: PathString): [directory: PathString, name: Buffer] {
	const slash = path.lastIndexOf("/");
	return slash < 0 ? ["", pathToBytes(path)] : [path.slice(0, slash), pathToBytes(path.slice(slash + 1))];
}

export function joined(directory: Uint8Array, name: Uint8Array): PathString {
	const last = pathFromBytes(name);
	return directory.length === 0 ? last : `${pathFromBytes(directory)}/${last}`;
}
