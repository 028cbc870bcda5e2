import picomatch from "picomatch";
import type { PathString } from "./path.ts";
import type { SourceSettings } from "./settings.ts";

/** Whether a source takes a path, and if not, the rule that keeps it out, as a person would find it in the configuration. */
export type RuleVerdict = { readonly include: true } | { readonly include: false; readonly rule: string };

type Matches = (path: string) => boolean;

interface CompiledRules {
	readonly rename: readonly [string, Matches][];
	readonly marker: readonly [string, Matches][];
	readonly exclude: readonly [string, Matches][];
	readonly include: Matches;
	readonly includeHidden: Matches;
	readonly folder: Matches;
}

const compiledRules = new WeakMap<SourceSettings, CompiledRules>();

/**
 * The one place that knows what a source takes. `path` is relative to the source's root, "/" between the parts.
 * Globs are case-sensitive; `*` and `**` match no name that begins with a dot; `complete.rename` and
 * `complete.marker` look at the name alone.
 */
export function matchRule(settings: SourceSettings, path: PathString): RuleVerdict {
	const rules = rulesOf(settings);
	const name = path.slice(path.lastIndexOf("/") + 1);
	const temporary = rules.rename.find(([, matches]) => matches(name));
	if (temporary) return ignored(`complete.rename "${temporary[0]}": a temporary name, its final name is awaited`);
	const excluded = rules.exclude.find(([, matches]) => matches(path));
	if (excluded) return ignored(`exclude "${excluded[0]}"`);
	const marker = rules.marker.find(([, matches]) => matches(name));
	if (marker) return ignored(`complete.marker "${marker[0]}": it says that another file is complete`);
	if (!rules.include(path)) {
		const hidden = rules.includeHidden(path) ? " (a name that begins with a dot is matched by no *)" : "";
		return ignored(`include ${listed(settings.include)} does not match${hidden}`);
	}
	if (settings.acquisition === "folder" && folderOf(settings, path) === undefined) {
		return ignored(`folders ${listed(foldersOf(settings))}: it lies in none of them`);
	}
	return { include: true };
}

/** Whether the path is of a file that says that others are complete. */
export function isMarker({ complete }: SourceSettings, path: PathString): boolean {
	const name = path.slice(path.lastIndexOf("/") + 1);
	return complete.marker.some((marker) =>
		compile(markerGlob(marker.slice(marker.lastIndexOf("/") + 1)), { dot: true })(name),
	);
}

/** For `acquisition: folder`, the run folder that a path belongs to: the uppermost directory above it that matches. */
export function folderOf(settings: SourceSettings, path: PathString): PathString | undefined {
	const { folder } = rulesOf(settings);
	for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
		const directory = path.slice(0, end);
		if (folder(directory)) return directory;
	}
	return undefined;
}

function rulesOf(settings: SourceSettings): CompiledRules {
	const known = compiledRules.get(settings);
	if (known) return known;
	const markers = settings.acquisition === "folder" ? [] : settings.complete.marker;
	const rules: CompiledRules = {
		rename: settings.complete.rename.map((glob) => [glob, compile(glob, { dot: true })]),
		marker: markers.map((marker) => [marker, compile(markerGlob(marker), { dot: true })]),
		exclude: settings.exclude.map((glob) => [glob, compile(glob, { dot: true })]),
		include: compile(settings.include),
		includeHidden: compile(settings.include, { dot: true }),
		folder: compile(foldersOf(settings)),
	};
	compiledRules.set(settings, rules);
	return rules;
}

/** The flag makes `**` cross a newline in a name, which is legal on every Unix. */
function compile(globs: string | readonly string[], options: { dot?: boolean } = {}): Matches {
	return picomatch(globs as string | string[], { ...options, flags: "s" });
}

/** A marker beside a file is a name with {name} and {stem} in it: any file may stand there. */
function markerGlob(marker: string): string {
	return marker
		.split(/\{(?:name|stem)\}/)
		.map((literal) => literal.replace(/[\\*?[\]{}()!+@|]/g, "\\$&"))
		.join("*");
}

function foldersOf(settings: SourceSettings): readonly string[] {
	return settings.folders.length > 0 ? settings.folders : ["*"];
}

function listed(globs: readonly string[]): string {
	return globs.map((glob) => `"${glob}"`).join(", ");
}

function ignored(rule: string): RuleVerdict {
	return { include: false, rule };
}
