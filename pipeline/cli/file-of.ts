import { permanent } from "#core/errors.ts";
import type { Target } from "#domain/operation.ts";
import type { Settings } from "#domain/settings.ts";
import { locate } from "./why/locate.ts";

/** A path as a person gives it, below the directory of its source, or absolute, or as `displayPath` shows it. */
export function fileOf({ sources }: Settings, name: string, given: string): Target {
	const source = sources.find((each) => each.name === name);
	// What left the configuration has no directory to look in.
	if (source === undefined) return { type: "file", name, path: given };
	const { within } = locate(given, source.watch, [source]);
	if (within !== undefined && within.path !== "") return { type: "file", name, path: within.path };
	throw permanent("TARGET_UNKNOWN", `${given} does not lie in source ${name}`, {
		fix: `Give a path below ${source.watch}.`,
	});
}
