import { fileMarkers, partners, runFolders, runMarkers } from "./known-names.ts";
import { parentOf, type Survey, type SurveyedFile, stemOf } from "./survey.ts";

/** A setting and why it was chosen, one sentence a line. */
export interface Choice<T> {
	readonly value: T;
	readonly why: readonly string[];
}

export interface Grouping {
	readonly by: string;
	readonly members: readonly string[];
}

/** What an acquisition is here: a file, a run folder, or files that belong together. */
export type Shape =
	| { readonly acquisition: "file"; readonly why: readonly string[] }
	| {
			readonly acquisition: "folder";
			readonly why: readonly string[];
			readonly folders: Choice<readonly string[]>;
			/** Relative paths of those found. */
			readonly found: readonly string[];
	  }
	| { readonly acquisition: "group"; readonly why: readonly string[]; readonly group: Grouping };

/** `data`: the files of the survey that are worth analysing. */
export function chooseShape({ files }: Survey, runs: Runs, data: readonly SurveyedFile[]): Shape {
	return runFolderShape(files, runs) ?? partnerShape(data) ?? readPairShape(data) ?? fileShape(data);
}

/** Run folders make up so much of what is there, or files beside them are what is meant. */
const mostInRuns = 0.75;

/** The run folders of the kind that holds most files. */
export function findRuns(files: readonly SurveyedFile[]): Runs {
	const kinds = runFolders.map(({ what, folder }) => {
		const found = [...new Set(files.flatMap(({ path }) => folder(path) ?? []))];
		const inside = files.filter(({ path }) => found.some((run) => path.startsWith(`${run}/`)));
		return { what, found, inside };
	});
	return kinds.reduce((most, kind) => (kind.inside.length > most.inside.length ? kind : most));
}

export interface Runs {
	readonly what: string;
	/** Relative paths of the folders. */
	readonly found: readonly string[];
	readonly inside: readonly SurveyedFile[];
}

function runFolderShape(files: readonly SurveyedFile[], { what, found, inside }: Runs): Shape | undefined {
	const outside = files.length - inside.length;
	const few = inside.length < files.length * mostInRuns || found.length < outside / 4;
	if (found.length === 0 || few) return undefined;
	return {
		acquisition: "folder",
		why: [
			`${found.length} x ${what}, with ${inside.length} of the ${files.length} files, such as ${found[0]}`,
			...(outside === 0 ? [] : [`${counted(outside, "file")} outside of them: ignored`]),
		],
		folders: folderGlobs(found),
		found,
	};
}

/** Patterns that take the run folders found, and those that are to come. */
export function folderGlobs(found: readonly string[]): Choice<readonly string[]> {
	const names = found.map((run) => run.slice(run.lastIndexOf("/") + 1));
	const endings = new Set(names.map((name) => /\.[A-Za-z]+$/.exec(name)?.[0] ?? ""));
	if (new Set([...endings].map((ending) => ending.toLowerCase())).size === 1 && !endings.has("")) {
		const shown = [...endings].sort();
		return {
			value: shown.map((ending) => `**/*${ending}`),
			why: [`every one of them ends with ${shown.join(" or ")}`],
		};
	}
	const depths = new Set(found.map((run) => run.split("/").length));
	const [depth = 1] = depths;
	if (depths.size === 1 && depth <= 2) {
		const level = depth === 1 ? "right below the watched directory" : "two levels below the watched directory";
		return { value: [Array.from({ length: depth }, () => "*").join("/")], why: [`they lie ${level}`] };
	}
	const same = [...new Set(names)].sort();
	if (same.length <= 4 && (same.length < names.length || depth > 2)) {
		return { value: same.map((name) => `**/${name}`), why: ["the same names, at any level"] };
	}
	const globs = new Set(found.map((run) => [parentOf(run), "*"].filter((part) => part !== "").join("/")));
	return { value: [...globs], why: ["they lie at different levels; a new place has to be added here"] };
}

/** Marker files of run folders. */
export function chooseRunMarkers({ files }: Survey, found: readonly string[]): Choice<readonly string[]> | undefined {
	const paths = new Set(files.map(({ path }) => path));
	const counted = runMarkers
		.map((marker) => ({ marker, without: found.filter((run) => !paths.has(`${run}/${marker}`)) }))
		.filter(({ without }) => without.length < found.length / 2)
		.sort((a, b) => a.without.length - b.without.length);
	const [best] = counted;
	if (best === undefined) return undefined;
	const chosen = best.without.length === 0 ? counted.filter(({ without }) => without.length === 0) : [best];
	const waiting = best.without.length === 0 ? [] : [`without it, and so waiting for it: ${best.without.join(", ")}`];
	return {
		value: chosen.map(({ marker }) => marker),
		why: [
			`written at the end of a run: ${found.length - best.without.length} of ${found.length} runs have ${best.marker}`,
			...waiting,
		],
	};
}

/** Markers beside files: plate.csv and plate.done, or plate.csv.done. */
export function chooseFileMarker(
	{ files }: Survey,
	data: readonly SurveyedFile[],
): Choice<readonly string[]> | undefined {
	const paths = new Set(files.map(({ path }) => path));
	for (const extension of fileMarkers) {
		for (const [pattern, nameOf] of [
			[`{name}${extension}`, (file: SurveyedFile) => file.path + extension],
			[
				`{stem}${extension}`,
				(file: SurveyedFile) => (parentOf(file.path) && `${parentOf(file.path)}/`) + stemOf(file) + extension,
			],
		] as const) {
			const marked = data.filter((file) => paths.has(nameOf(file)));
			if (marked.length < 2 || marked.length < data.length / 2) continue;
			return {
				value: [pattern],
				why: [`${marked.length} of ${data.length} files have a ${extension} file beside them`],
			};
		}
	}
	return undefined;
}

function partnerShape(data: readonly SurveyedFile[]): Shape | undefined {
	const stems = Map.groupBy(data, (file) => `${file.directory}/${stemOf(file)}`);
	const sets = Map.groupBy(
		[...stems.values()].filter((files) => files.length > 1),
		(files) => files.map(({ extension }) => extension).join(" "),
	);
	for (const [extensions, stemFiles] of [...sets].sort((a, b) => b[1].length - a[1].length)) {
		const parts = extensions.split(" ");
		const known = partners.some((pair) => pair.every((part) => parts.includes(part)));
		if (new Set(parts).size !== parts.length || stemFiles.length * parts.length < data.length * 0.6) continue;
		if (!known && stemFiles.length < 2) continue;
		const members = parts.map((part) => part.slice(1));
		return {
			acquisition: "group",
			why: [
				`${stemFiles.length} names come with ${parts.join(" and ")}, such as ${stemFiles[0]?.map(({ name }) => name).join(" and ")}`,
				...(known
					? []
					: ["are they the same measurement in two formats? then write acquisition: file and include one of them"]),
			],
			group: { by: `^(?<name>.+)\\.(?<member>${members.map(escaped).join("|")})$`, members },
		};
	}
	return undefined;
}

function readPairShape(data: readonly SurveyedFile[]): Shape | undefined {
	const by = "^(?<sample>.+)_(?<member>R1|R2)(?<rest>[_.].*)$";
	const expression = new RegExp(by);
	const places = data.map(({ directory, name }) => ({ directory, groups: expression.exec(name)?.groups }));
	const named = places.flatMap(({ directory, groups }) => (groups ? [{ directory, ...groups }] : []));
	const pairs = Map.groupBy(named, (place) => JSON.stringify({ ...place, member: "" }));
	const whole = [...pairs.values()].filter((members) => members.length === 2);
	if (whole.length === 0 || whole.length * 2 < data.length * 0.6) return undefined;
	return {
		acquisition: "group",
		why: [`${whole.length} pairs of names differ in R1 and R2 only, as paired reads do`],
		group: { by, members: ["R1", "R2"] },
	};
}

function fileShape(data: readonly SurveyedFile[]): Shape {
	const example = data[0];
	const why =
		example === undefined
			? "nothing is there yet that says otherwise"
			: `every file stands for itself, such as ${example.path}`;
	return { acquisition: "file", why: [why] };
}

export function escaped(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

export function counted(count: number, noun: string): string {
	return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
