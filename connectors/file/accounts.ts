import { setImmediate as nextTurn } from "node:timers/promises";
import type { Ledger } from "#core/ports/ledger.ts";
import type { PathString } from "#domain/path.ts";
import { look, namesIn } from "./listing.ts";
import { joinPath } from "./watcher.ts";

export interface AccountsContext {
	readonly source: string;
	readonly root: PathString;
	readonly ledger: Ledger;
	/** Compares these names again, and writes down what differs. */
	readonly again: (directory: PathString, names: readonly string[]) => Promise<void>;
}

/** Files looked at by name at once. */
const partSize = 256;

/**
 * Whether the ledger knows every file that a scan saw: asked once what differs was written down. By number, and by name
 * where the numbers differ; one that is compared a second time, and still not known, is missing.
 */
export class Accounts {
	readonly #context: AccountsContext;
	readonly #seen = new Map<PathString, number>();

	constructor(context: AccountsContext) {
		this.#context = context;
	}

	saw(directory: PathString, files: number): void {
		this.#seen.set(directory, files);
	}

	/** How many of what was seen since it was asked last. */
	async missing(): Promise<number> {
		let missing = 0;
		for (const [directory, files] of this.#seen) {
			if ((await this.#known(directory)) !== files) missing += await this.#missingIn(directory);
		}
		this.#seen.clear();
		return missing;
	}

	async #known(directory: PathString): Promise<number> {
		const { source, ledger } = this.#context;
		let known = 0;
		for (const files of ledger.filesIn(source, directory)) {
			known += files;
			await nextTurn();
		}
		return known;
	}

	async #missingIn(directory: PathString): Promise<number> {
		const { root, again } = this.#context;
		// A directory that is gone by now has no files.
		const names = await namesIn(root, directory).catch(() => []);
		let missing = 0;
		for (let from = 0; from < names.length; from += partSize) {
			const suspects = await this.#unknown(directory, names.slice(from, from + partSize));
			if (suspects.length === 0) continue;
			await again(directory, suspects);
			missing += (await this.#unknown(directory, suspects)).length;
		}
		return missing;
	}

	async #unknown(directory: PathString, names: readonly string[]): Promise<readonly string[]> {
		const { source, root, ledger } = this.#context;
		const paths = names.map((name) => joinPath(directory, name));
		const seen = await look(root, paths);
		return names.filter((_, i) => {
			const stats = seen[i];
			if (stats === undefined || stats instanceof Error || stats.isDirectory()) return false;
			const entry = ledger.find(source, paths[i] as PathString);
			return entry === undefined || entry.goneAt !== undefined;
		});
	}
}
