import { type Choice, folderGlobs, type Runs } from "./choose-shape.ts";
import { descriptive, fileMarkers, formats, notData, probed, runMarkers, temporary } from "./known-names.ts";
import { type Survey, type SurveyedFile, stemOf } from "./survey.ts";
import type { WritePattern } from "./write-pattern.ts";

export interface FileChoice {
	readonly include: Choice<readonly string[]>;
	readonly exclude: Choice<readonly string[]> | undefined;
	/** What is taken. */
	readonly data: readonly SurveyedFile[];
}

/** What is excluded by default stays so when more is added. */
export const defaultExclude = ["**/Thumbs.db", "**/desktop.ini"];

/** A kind of file that makes up less than this share is left out, and said to be. */
const smallestShare = 0.05;

/** `runs`: what lies in run folders, which no pattern of single files should take. */
export function chooseFiles({ files }: Survey, runs: Runs): FileChoice {
	const inRuns = new Set(runs.inside);
	const measured = files.filter((file) => isData(file) && !inRuns.has(file));
	const described = new Set(measured.filter((file) => descriptive.test(stemOf(file))));
	const candidates = measured.filter((file) => !described.has(file));
	const kinds = [...Map.groupBy(candidates, kindOf)].sort((a, b) => b[1].length - a[1].length);
	const isLarge = ([, of]: Kinds[number]) => of.length >= candidates.length * smallestShare;
	const taken = new Set(kinds.filter(isLarge).map(([kind]) => kind));
	const data = candidates.filter((file) => taken.has(kindOf(file)));
	const include = [...new Set(data.map(globOf))].sort();
	return {
		include: {
			value: include,
			why: includeWhy(
				kinds.filter(isLarge),
				kinds.filter((kind) => !isLarge(kind)),
			),
		},
		exclude: excludeChoice(
			[...described].filter((file) => taken.has(kindOf(file))),
			runs,
		),
		data,
	};
}

function isData({ name, extension, size }: SurveyedFile): boolean {
	const ending = extension.toLowerCase();
	if (notData.has(ending) || temporary.test(name) || name.startsWith("~$")) return false;
	return !(size < 1024 && fileMarkers.includes(ending)) && !runMarkers.includes(name);
}

/** Extensions that differ in upper and lower case are one kind, and so are those that count: sample.001, sample.002. */
function kindOf({ extension }: SurveyedFile): string {
	if (/^\.\d+$/.test(extension)) return ".0, .1, ...";
	return extension === "" ? "without extension" : extension.toLowerCase();
}

function globOf({ extension }: SurveyedFile): string {
	if (/^\.\d+$/.test(extension)) return "**/*.+([0-9])";
	return extension === "" ? "**/!(*.*)" : `**/*${extension.replace(/[[\]{}()!*?+@]/g, "\\$&")}`;
}

type Kinds = readonly (readonly [kind: string, files: readonly SurveyedFile[]])[];

function includeWhy(large: Kinds, small: Kinds): string[] {
	const shown = large
		.slice(0, 8)
		.map(([kind, of]) => `${of.length} ${kind}${formats[kind] ? ` (${formats[kind]})` : ""}`);
	const rest = large.length > 8 ? `, and ${large.length - 8} more kinds` : "";
	const left = small.map(([kind, of]) => `${of.length} ${kind}`);
	return [
		`found: ${shown.join(", ")}${rest}`,
		...(large.length > 3
			? ["many kinds: does one analysis read all of them? else make a pipeline for each with a route"]
			: []),
		...(left.length > 0
			? [`left out, as there are few: ${left.slice(0, 12).join(", ")}${left.length > 12 ? ", ..." : ""}`]
			: []),
	];
}

function excludeChoice(described: readonly SurveyedFile[], runs: Runs): Choice<readonly string[]> | undefined {
	const names = [...new Set(described.map(({ name }) => name))].slice(0, 20);
	const layouts = names.map((name) => `**/${name.replace(/[\\[\]{}()!*?+@]/g, "\\$&")}`);
	const folders = runs.found.length === 0 ? [] : folderGlobs(runs.found).value.map((glob) => `${glob}/**`);
	if (layouts.length + folders.length === 0) return undefined;
	return {
		value: [...defaultExclude, ...layouts, ...folders],
		why: [
			...(layouts.length > 0
				? ["by their names, some describe the measurements (layout, list, template) and are none"]
				: []),
			...(folders.length > 0
				? [`${runs.found.length} x ${runs.what}: give them a source of their own, with acquisition: folder`]
				: []),
		],
	};
}

export function chooseProbe(data: readonly SurveyedFile[]): Choice<"auto"> | undefined {
	const kinds = [...new Set(data.filter(({ name }) => probed.test(name)).map(({ extension }) => extension))];
	if (kinds.length === 0) return undefined;
	return { value: "auto", why: [`${kinds.join(", ")} can be looked into: a file that was cut off shows`] };
}

const defaultTemporary = ["*.tmp", "*.part", "*.partial", "~$*"];

export function chooseRename({ files }: Survey, { renamed }: WritePattern): Choice<readonly string[]> | undefined {
	const seen = renamed.map(([from, to]) => `${from} became ${to} while I looked`);
	const names = [...renamed.map(([from]) => from), ...files.map(({ path }) => path)];
	const globs = names.flatMap((name) => temporary.exec(name)?.[0] ?? []).map((extension) => `*${extension}`);
	const value = [...new Set([...defaultTemporary, ...globs])];
	if (seen.length === 0 && value.length === defaultTemporary.length) return undefined;
	return { value, why: [...seen, "files of these names are being written; their final names are taken"] };
}
