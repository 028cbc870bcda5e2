import type { PathString } from "#domain/path.ts";

/** More names than this are not remembered one by one: the directory is scanned whole. */
const mostNames = 1_024;

/** What moved in each directory since it was last scanned: some names, or nobody knows what ("all"). */
export class Touched {
	readonly #names = new Map<PathString, Set<string> | "all">();

	/** Whether this is the first word of the directory since it was taken. */
	add(directory: PathString, name: string | undefined): boolean {
		const known = this.#names.get(directory);
		if (known === undefined) {
			this.#names.set(directory, name === undefined ? "all" : new Set([name]));
			return true;
		}
		if (known === "all") return false;
		if (name === undefined || known.size >= mostNames) this.#names.set(directory, "all");
		else known.add(name);
		return false;
	}

	take(directory: PathString): readonly string[] | "all" {
		const known = this.#names.get(directory) ?? "all";
		this.#names.delete(directory);
		return known === "all" ? "all" : [...known];
	}

	/** After a scan that failed: what it was to look at is still to be looked at. */
	giveBack(directory: PathString, names: readonly string[] | "all"): void {
		if (names === "all") this.add(directory, undefined);
		else for (const name of names) this.add(directory, name);
	}
}
