import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { formatDuration, formatSize } from "../quantity.ts";
import { chooseFiles, chooseProbe, chooseRename, type FileChoice } from "./choose-files.ts";
import { chooseFooter } from "./choose-footer.ts";
import {
	type Choice,
	chooseFileMarker,
	chooseRunMarkers,
	chooseShape,
	counted,
	findRuns,
	type Shape,
} from "./choose-shape.ts";
import { chooseTemplate } from "./choose-template.ts";
import { type Series, suggestSeries } from "./suggest-series.ts";
import type { Survey, SurveyedFile } from "./survey.ts";
import type { WritePattern } from "./write-pattern.ts";

/** Everything that `init` decides, with its reasons; rendered as YAML afterwards. */
export interface Proposal {
	readonly seen: readonly string[];
	readonly source: string;
	readonly pipeline: string;
	/** The script to run: the one that was given, or the name of a template. */
	readonly analysis: Choice<string>;
	readonly shape: Shape;
	readonly include: Choice<readonly string[]>;
	readonly exclude: Choice<readonly string[]> | undefined;
	readonly quiet: Choice<string>;
	readonly marker: Choice<readonly string[]> | undefined;
	readonly rename: Choice<readonly string[]> | undefined;
	readonly footer: Choice<string> | undefined;
	readonly footerHint: string | undefined;
	readonly probe: Choice<"auto"> | undefined;
	readonly existing: Choice<"process">;
	readonly series: Series | undefined;
	readonly workers: Choice<number>;
	/** An acquisition to try the analysis on: absolute from the root. */
	readonly example: string | undefined;
}

/** `given`: the analysis, where the person knows it. */
export function propose(survey: Survey, writes: WritePattern, given: Choice<string> | undefined): Proposal {
	const runs = findRuns(survey.files);
	const files = chooseFiles(survey, runs);
	const shape = chooseShape(survey, runs, files.data);
	const inFolders = shape.acquisition === "folder";
	const marker = inFolders ? chooseRunMarkers(survey, shape.found) : chooseFileMarker(survey, files.data);
	const chosen = chooseTemplate(survey, shape.acquisition === "file" ? files.data : []);
	const analysis = given ?? chosen;
	const footer = shape.acquisition === "file" ? chooseFooter(survey, files.data) : {};
	return {
		seen: seenLines(survey, writes),
		source: nameFrom(basename(survey.root), "instrument"),
		pipeline: nameFrom(basename(analysis.value).replace(/\.[^.]*$/, ""), "analysis"),
		analysis,
		shape,
		include: includeOf(survey, shape, files),
		exclude: inFolders ? undefined : files.exclude,
		quiet: chooseQuiet(survey, writes, shape, marker !== undefined),
		marker,
		rename: chooseRename(survey, writes),
		footer: footer.chosen,
		footerHint: footer.hint,
		probe: inFolders ? undefined : chooseProbe(files.data),
		existing: { value: "process", why: [existingWhy(survey, shape, files.data)] },
		series: shape.acquisition === "file" ? suggestSeries(files.data) : undefined,
		workers: chooseWorkers(),
		example: inFolders ? shape.found[0] : (chosen.example ?? files.data[0])?.path,
	};
}

function seenLines({ files, truncated }: Survey, { lookedMs, changed }: WritePattern): string[] {
	const bytes = files.reduce((sum, { size }) => sum + size, 0);
	const newest = Math.max(...files.map(({ mtimeMs }) => mtimeMs));
	const seconds = Math.round(lookedMs / 1000);
	return [
		`${truncated ? "more than " : ""}${counted(files.length, "file")}, ${roundSize(bytes)}`,
		...(files.length > 0
			? [`the newest was written ${new Date(newest).toISOString().slice(0, 16).replace("T", " ")} UTC`]
			: []),
		changed.length > 0
			? `in the ${seconds} s that I looked, ${counted(changed.length, "file")} written, such as ${changed[0]}`
			: `in the ${seconds} s that I looked, nothing was written`,
	];
}

function includeOf({ files }: Survey, shape: Shape, { include }: FileChoice): Choice<readonly string[]> {
	if (shape.acquisition === "folder")
		return { value: ["**/*"], why: ["everything in a run folder belongs to the run"] };
	if (include.value.length > 0) return include;
	const why =
		files.length === 0
			? "the directory is empty: name the files that count, such as **/*.csv"
			: "none of the files looks like data: name those that count";
	return { value: ["**/*"], why: [why] };
}

function chooseQuiet({ files }: Survey, writes: WritePattern, shape: Shape, marked: boolean): Choice<string> {
	const largest = Math.max(0, ...files.map(({ size }) => size));
	const bySize = largest >= 1e9 ? 30_000 : largest >= 1e8 ? 10_000 : 2_000;
	const seen = largest === 0 ? "no file is there to judge by" : `the largest file has ${roundSize(largest)}`;
	if (writes.longestPauseMs > 0) {
		const ms = Math.max(bySize, Math.ceil((3 * writes.longestPauseMs) / 1000) * 1000);
		const pause = (writes.longestPauseMs / 1000).toFixed(1);
		return {
			value: formatDuration(ms),
			why: [`a file paused ${pause} s between two writes: three times that, at least 2 s`],
		};
	}
	if (shape.acquisition === "folder") {
		const why = marked
			? "the marker may come before the last files do: quiet over the whole folder as well"
			: "nothing says when a run is over: a long quiet; make it longer than the pauses within a run";
		return { value: marked ? "30s" : "10m", why: [why] };
	}
	return {
		value: formatDuration(bySize),
		why: [`${seen}; make it longer than the instrument's pauses within a file`],
	};
}

function existingWhy({ files }: Survey, shape: Shape, data: readonly SurveyedFile[]): string {
	if (files.length === 0) return "nothing is there yet; ignore would leave alone what is there at the first start";
	const count = shape.acquisition === "folder" ? counted(shape.found.length, "folder") : counted(data.length, "file");
	return `${count} here already: analysed at the first start; or: ignore, or { since: 2026-01-31 }`;
}

function chooseWorkers(): Choice<number> {
	const cores = availableParallelism();
	const workers = Math.min(8, Math.max(1, cores - 1));
	const rest = cores > 1 ? "one is left for watching and hashing" : "there is only one";
	return { value: workers, why: [`of ${cores} cores here; ${rest}`] };
}

/** "Plate Reader #2" is plate-reader-2. */
function nameFrom(text: string, otherwise: string): string {
	const name = text
		.normalize("NFKD")
		.replace(/\p{M}/gu, "")
		.toLowerCase()
		.replace(/[^a-z0-9_-]+/g, "-")
		.replace(/^[-_]+|[-_]+$/g, "")
		.slice(0, 63);
	return name === "" ? otherwise : name;
}

/** Three digits are enough to know a directory by. */
function roundSize(bytes: number): string {
	const unit = [1e12, 1e9, 1e6, 1e3].find((factor) => bytes >= factor) ?? 1;
	return `${Number((bytes / unit).toPrecision(3))} ${formatSize(unit).slice(1)}`;
}
