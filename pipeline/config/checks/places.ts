import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { entryOf, isPackageFunction, isRunnable } from "#domain/analysis.ts";
import { didYouMean } from "../did-you-mean.ts";
import type { Parts } from "../parts.ts";
import type { KeyPath } from "../problem.ts";
import type { PipelineConfig } from "../schema.ts";
import type { Finding } from "../translate-issues.ts";

type Kind = "file" | "directory" | "other" | "missing";

/** What the configuration points at is there. */
export function checkPlaces(parts: Parts): Finding[] {
	const watches = [...parts.sources].flatMap(([name, { watch }]) =>
		watch === undefined ? [] : watchFindings(["sources", name, "watch"], resolve(parts.base, watch)),
	);
	const analyses = [...parts.pipelines].flatMap(([name, { analysis }]) =>
		analysis === undefined ? [] : analysisFindings(parts.base, ["pipelines", name, "analysis"], analysis),
	);
	const data = parts.data === undefined ? [] : dataFindings(resolve(parts.base, parts.data));
	return [...data, ...watches, ...analyses];
}

function watchFindings(path: KeyPath, directory: string): Finding[] {
	const kind = kindOf(directory);
	const finding = { path, part: "value" } as const;
	if (kind === "directory") return [];
	if (kind === "missing") {
		const fix = neighbour(directory) ?? `Create it (mkdir -p '${directory}'), or mount the share that it is on.`;
		return [{ ...finding, message: `the directory ${directory} is not there`, fix }];
	}
	const fix = `Write the directory that it is in, and include: ["${basename(directory)}"]`;
	return [{ ...finding, message: `${directory} is a file, and a source watches a directory`, fix }];
}

function analysisFindings(base: string, path: KeyPath, analysis: NonNullable<PipelineConfig["analysis"]>): Finding[] {
	if (typeof analysis === "string")
		return isPackageFunction(analysis) ? [] : scriptFindings(path, resolve(base, analysis));
	const declared = analysis.files.flatMap((file, at) =>
		fileFindings([...path, "files", at], resolve(base, file), "Create it"),
	);
	const file = resolve(base, analysis.file);
	if (analysis.project === undefined) return [...scriptFindings([...path, "file"], file), ...declared];
	const project = resolve(base, analysis.project);
	const outside = !file.startsWith(join(project, "/"));
	const finding = {
		path: [...path, "project"],
		part: "value" as const,
		message: `${file} is not in the folder ${project}`,
		fix: "Name the folder that the script is in, or one above it.",
	};
	return [...scriptFindings([...path, "file"], file), ...declared, ...(outside ? [finding] : [])];
}

function scriptFindings(path: KeyPath, file: string): Finding[] {
	const kind = kindOf(file);
	if (kind === "directory") return folderFindings(path, file);
	if (!isRunnable(file)) {
		return [
			{
				path,
				part: "value",
				message: `${basename(file)} is no R script: it ends neither with .R nor with .Rmd or .qmd`,
				fix: "Name an R script, a report, a folder with one of them, or a function of a package as pkg::fun.",
			},
		];
	}
	return fileFindings(path, file, "Write it (watchrabbit init writes one to begin with)");
}

function folderFindings(path: KeyPath, folder: string): Finding[] {
	const names = readdirSync(folder).filter((name) => kindOf(join(folder, name)) === "file");
	if (entryOf(names) !== undefined) return [];
	const message = `the folder ${folder} does not say which of its scripts is the analysis`;
	const fix = "Call one of them analysis.R or report.Rmd, or name it: { file: ..., project: ... }";
	return [{ path, part: "value", message, fix }];
}

function fileFindings(path: KeyPath, file: string, remedy: string): Finding[] {
	const kind = kindOf(file);
	if (kind === "file") return [];
	if (kind !== "missing") return [{ path, part: "value", message: `${file} is not a file`, fix: "Name a file." }];
	const fix = neighbour(file) ?? `${remedy}, or correct the path: it is relative to the configuration.`;
	return [{ path, part: "value", message: `the file ${file} is not there`, fix }];
}

function dataFindings(data: string): Finding[] {
	const kind = kindOf(data);
	if (kind === "directory" || kind === "missing") return [];
	return [
		{
			path: ["data"],
			part: "value",
			message: `${data} is not a directory`,
			fix: "Name a directory of its own; it is created when it is not there.",
		},
	];
}

function kindOf(path: string): Kind {
	const stat = statSync(path, { throwIfNoEntry: false });
	if (stat === undefined) return "missing";
	if (stat.isDirectory()) return "directory";
	return stat.isFile() ? "file" : "other";
}

/** The entry beside it whose name is a slip away. */
function neighbour(path: string): string | undefined {
	let entries: Dirent[];
	try {
		entries = readdirSync(dirname(path), { withFileTypes: true });
	} catch {
		return undefined;
	}
	const meant = didYouMean(
		basename(path),
		entries.map(({ name }) => name),
	);
	return meant === undefined ? undefined : `Did you mean ${join(dirname(path), meant)}?`;
}

/** The path with links followed, as far as it exists. */
export function truePath(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		const above = dirname(path);
		return above === path ? path : join(truePath(above), basename(path));
	}
}
