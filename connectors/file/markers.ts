import type { Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import { displayPath, type PathString } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { folderOf } from "#domain/watch-rules.ts";
import { joinPath, nameOf, parentOf } from "./watcher.ts";

/** How the reason of a unit begins that waits for a marker. */
const waitingForMarker = "marker ";

export function markerReason(missing: readonly PathString[]): string {
	return `${waitingForMarker}${missing.map(displayPath).join(", ")}`;
}

/** Paths of the markers that a unit needs: relative to the folder, or beside the file with {name} and {stem} filled in. */
export function markersOf(settings: SourceSettings, path: PathString, kind: "file" | "folder"): PathString[] {
	const { marker } = settings.complete;
	if (kind === "folder") return marker.map((name) => joinPath(path, name));
	const name = nameOf(path);
	const stem = stemOf(name);
	const filled = (pattern: string) => pattern.replace(/\{(name|stem)\}/g, (_, key) => (key === "name" ? name : stem));
	return marker.map((pattern) => joinPath(parentOf(path), filled(pattern)));
}

/** Without the last extension; a leading dot begins none. */
function stemOf(name: string): string {
	const dot = name.lastIndexOf(".");
	return dot > 0 ? name.slice(0, dot) : name;
}

/** Units whose marker this path may be, and that wait for one. */
export function waitingFor(marker: PathString, settings: SourceSettings, ledger: Ledger): LedgerEntry[] {
	const candidates =
		settings.acquisition === "folder" ? folderAbove(marker, settings, ledger) : filesBeside(marker, settings, ledger);
	return candidates.filter(
		({ state, reason, goneAt }) =>
			state === "settling" && goneAt === undefined && reason?.startsWith(waitingForMarker) === true,
	);
}

function folderAbove(marker: PathString, settings: SourceSettings, ledger: Ledger): LedgerEntry[] {
	const folder = folderOf(settings, marker);
	const entry = folder === undefined ? undefined : ledger.find(settings.name, folder);
	return entry !== undefined && markersOf(settings, entry.path, "folder").includes(marker) ? [entry] : [];
}

function filesBeside(marker: PathString, settings: SourceSettings, ledger: Ledger): LedgerEntry[] {
	const children = ledger.children(settings.name, parentOf(marker));
	return [...children.values()].filter((entry) => markersOf(settings, entry.path, "file").includes(marker));
}
