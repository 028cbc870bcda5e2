import { type Survey, survey } from "./survey.ts";

/** How files were seen being written while we looked. */
export interface WritePattern {
	readonly lookedMs: number;
	/** Files that came or grew. */
	readonly changed: readonly string[];
	/** The longest that a file paused and was then written on, milliseconds. */
	readonly longestPauseMs: number;
	/** Names that became other names: [temporary, final]. */
	readonly renamed: readonly (readonly [from: string, to: string])[];
}

interface Growth {
	size: number;
	mtimeMs: number;
	changedAt: number;
}

/** Looks at the directory again and again. `wait` resolves when it is time for the next look; `now` is in milliseconds. */
export async function observeWrites(
	first: Survey,
	looks: number,
	wait: () => Promise<unknown>,
	now: () => number,
): Promise<WritePattern> {
	const startedAt = now();
	const growth = new Map<string, Growth>();
	for (const { path, size, mtimeMs } of first.files) growth.set(path, { size, mtimeMs, changedAt: mtimeMs });
	const changed = new Set<string>();
	const renamed: (readonly [string, string])[] = [];
	let longestPauseMs = 0;
	for (let look = 0; look < looks; look++) {
		await wait();
		const at = now();
		const { files } = survey(first.root);
		const here = new Set(files.map(({ path }) => path));
		const gone = [...growth.keys()].filter((path) => !here.has(path));
		for (const { path, size, mtimeMs } of files) {
			const before = growth.get(path);
			if (before === undefined) {
				const from = gone.find((candidate) => isTemporaryFor(candidate, path));
				if (from !== undefined) renamed.push([from, path]);
			} else if (before.size !== size || before.mtimeMs !== mtimeMs) {
				if (changed.has(path)) longestPauseMs = Math.max(longestPauseMs, at - before.changedAt);
			} else continue;
			changed.add(path);
			growth.set(path, { size, mtimeMs, changedAt: at });
		}
		for (const path of gone) growth.delete(path);
	}
	return { lookedMs: now() - startedAt, changed: [...changed], longestPauseMs, renamed };
}

/** `x.csv.tmp` and `~x.csv` become `x.csv`. */
function isTemporaryFor(temporary: string, path: string): boolean {
	const name = path.slice(path.lastIndexOf("/") + 1);
	return temporary !== path && temporary.slice(temporary.lastIndexOf("/") + 1).includes(name);
}
