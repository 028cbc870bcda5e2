import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fsPath, type PathString, pathFromBytes, pathToBytes } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";

export interface Location {
	readonly absolute: PathString;
	/** The source that it lies in, and where; undefined if none watches it. */
	readonly within: { readonly source: SourceSettings; readonly path: PathString } | undefined;
}

/** A path as a person gives it: relative to the working directory, also through symbolic links, or as `displayPath` shows it. */
export function locate(given: string, directory: string, sources: readonly SourceSettings[]): Location {
	const absolute = resolve(directory, unescaped(given, directory));
	for (const source of sources) {
		const path =
			below(source.watch, absolute) ?? below(real(source.watch), join(real(dirname(absolute)), nameOf(absolute)));
		if (path !== undefined) return { absolute, within: { source, path } };
	}
	return { absolute, within: undefined };
}

/** What no keyboard types is given as shown: \xNN for a byte, \n, \t. A file of the very name given comes first. */
function unescaped(given: string, directory: string): PathString {
	if (!given.includes("\\") || existsSync(resolve(directory, given))) return given;
	const path = given.replaceAll(/\\(?:x([0-9a-f]{2})|(n|t|\\))/g, (_, hex: string | undefined, sign: string) => {
		if (hex === undefined) return { n: "\n", t: "\t" }[sign] ?? sign;
		const byte = Number.parseInt(hex, 16);
		return String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
	});
	return pathFromBytes(pathToBytes(path));
}

function below(root: PathString, absolute: PathString): PathString | undefined {
	if (absolute === root) return "";
	const prefix = root.endsWith("/") ? root : `${root}/`;
	return absolute.startsWith(prefix) ? absolute.slice(prefix.length) : undefined;
}

function real(path: PathString): PathString {
	try {
		return pathFromBytes(realpathSync(fsPath(path), { encoding: "buffer" }));
	} catch {
		return path;
	}
}

function nameOf(path: PathString): string {
	return path.slice(path.lastIndexOf("/") + 1);
}
