import { accessSync, constants, lstatSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { displayPath, fsPath } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { matchRule } from "#domain/watch-rules.ts";
import type { Location } from "./locate.ts";

/**
 * Why nothing is known of a path that the ledger never saw: what explains it, the most likely first. `holder`: the other
 * host's process that watches its source.
 */
export function explainUnseen(
	{ absolute, within }: Location,
	sources: readonly SourceSettings[],
	holder: string | undefined,
): readonly string[] {
	const there = look(absolute);
	if (within === undefined) return [disk(there, absolute), unwatched(sources)].flat();
	const { source, path } = within;
	if (path === "") return [`it is the directory that source ${source.name} watches: ask about a file in it`];
	const rule = there instanceof Error || !there.isDirectory() ? ruleAgainst(source, path) : [];
	const problems = [disk(there, absolute), rule].flat();
	if (problems.length > 0) return problems;
	if (holder !== undefined) {
		return [
			`source ${source.name} takes it, and is watched by ${holder}: the catalog has not taken it in yet; ask there`,
		];
	}
	return [
		`source ${source.name} takes it, but has not looked since it came: the ledger knows nothing of it`,
		"start `watchrabbit up`, or wait for the next scan of one that runs",
	];
}

function unwatched(sources: readonly SourceSettings[]): string {
	const watched = sources.map(({ name, watch }) => `${name} watches ${displayPath(watch)}`);
	return `no source watches it: ${watched.join(", ")}`;
}

function ruleAgainst(source: SourceSettings, path: string): string[] {
	const verdict = matchRule(source, path);
	return verdict.include ? [] : [`source ${source.name} would ignore it, by the rule ${verdict.rule}`];
}

function look(absolute: string): Stats | NodeJS.ErrnoException {
	try {
		return lstatSync(fsPath(absolute));
	} catch (thrown) {
		return thrown as NodeJS.ErrnoException;
	}
}

function disk(there: Stats | NodeJS.ErrnoException, absolute: string): string[] {
	if (there instanceof Error) return [absence(there, absolute)];
	if (there.isDirectory()) return ["it is a directory: ask about a file in it"];
	if (there.isSymbolicLink()) return ["it is a symbolic link, and links are not followed"];
	if (!there.isFile()) return ["it is no regular file"];
	return readable(absolute) ? [] : ["it may not be read: permission is denied to the user of this command"];
}

function absence({ code, message }: NodeJS.ErrnoException, absolute: string): string {
	if (code === "EACCES") return `it cannot be looked at: permission is denied below ${displayPath(nearest(absolute))}`;
	if (code !== "ENOENT" && code !== "ENOTDIR") return `it cannot be looked at: ${message}`;
	return `it does not exist; the nearest directory that does is ${displayPath(nearest(absolute))}`;
}

/** The deepest directory above that can be looked at. */
function nearest(absolute: string): string {
	const above = dirname(absolute);
	return above === absolute || !(look(above) instanceof Error) ? above : nearest(above);
}

function readable(absolute: string): boolean {
	try {
		accessSync(fsPath(absolute), constants.R_OK);
		return true;
	} catch {
		return false;
	}
}
