import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { transient } from "#core/errors.ts";
import { entryOf, isPackageFunction } from "#domain/analysis.ts";
import type { AnalysisSettings } from "#domain/settings.ts";

/** What belongs to an analysis as it lies on disk. */
export interface AnalysisFiles {
	/** What the names of its files are relative to. */
	readonly root: string;
	/** Whether all that is in there belongs to it, its library too. */
	readonly isFolder: boolean;
	/** Absolute; the script first. None for a package's function. */
	readonly files: readonly string[];
	/** Changes whenever one of the files may have. */
	readonly stamp: string;
}

/** A folder of code, and not one of data: all of it is kept with every edition. */
const mostFiles = 1_000;
const mostBytes = 64 * 2 ** 20;
/** Libraries are made from renv.lock, and packrat's of its own. */
const libraries = new Set([
	"renv/library",
	"renv/staging",
	"renv/python",
	"renv/sandbox",
	"packrat/lib",
	"packrat/src",
]);

/** @throws WatchRabbitError SCRIPT_MISSING, ANALYSIS_UNCLEAR, ANALYSIS_TOO_LARGE (transient: the lab mends it, and everything goes on) */
export async function filesOf({ file, files, project }: AnalysisSettings): Promise<AnalysisFiles> {
	if (isPackageFunction(file)) return { root: "", isFolder: false, files: [], stamp: file };
	const root = project ?? ((await look(file)).isDirectory() ? file : undefined);
	if (root === undefined) return await stamped(dirname(file), false, [file, ...files]);
	const paths = (await within(root, "")).sort();
	const entry = file === root ? entryOf(paths) : relative(root, file);
	if (entry === undefined) {
		throw transient("ANALYSIS_UNCLEAR", `the folder ${root} does not say which of its scripts is the analysis`, {
			fix: `Name it: analysis: { file: ${join(root, "report.Rmd")}, project: ${root} }, or call it analysis.R.`,
		});
	}
	const inside = [entry, ...paths.filter((path) => path !== entry)].map((path) => join(root, path));
	const outside = files.filter((declared) => !inside.includes(declared));
	return await stamped(root, true, [...inside, ...outside]);
}

async function stamped(root: string, isFolder: boolean, files: readonly string[]): Promise<AnalysisFiles> {
	const stats = await Promise.all(files.map(look));
	const bytes = stats.reduce((sum, { size }) => sum + Number(size), 0);
	if (isFolder && (files.length > mostFiles || bytes > mostBytes)) {
		throw transient("ANALYSIS_TOO_LARGE", `the folder ${root} holds ${files.length} files, ${bytes} bytes`, {
			fix: `Move what is not code to another place: up to ${mostFiles} files and ${mostBytes} bytes are kept with an analysis.`,
		});
	}
	const stamp = stats.map(({ size, mtimeNs, ctimeNs, ino }, i) => `${files[i]}.${size}.${mtimeNs}.${ctimeNs}.${ino}`);
	return { root, isFolder, files, stamp: stamp.join() };
}

function look(file: string) {
	return stat(file, { bigint: true }).catch((cause: unknown) => {
		throw transient("SCRIPT_MISSING", `the analysis ${file} cannot be read`, {
			cause,
			fix: `Put ${file} back, or correct its path in the configuration; what waits for it goes on by itself.`,
		});
	});
}

/** Relative paths of its files, links followed, but none that leads back. Hidden ones belong to editors and to git. */
async function within(root: string, path: string, above: readonly string[] = []): Promise<string[]> {
	if (libraries.has(path)) return [];
	const here = await realpath(join(root, path));
	if (above.includes(here)) return [];
	const names = (await readdir(here)).filter((name) => !name.startsWith("."));
	const inner = await Promise.all(
		names.map(async (name) => {
			const inside = path === "" ? name : `${path}/${name}`;
			// What is gone again, or a link that leads nowhere, is no file.
			const found = await stat(join(here, name)).catch(() => undefined);
			if (found?.isDirectory()) return await within(root, inside, [...above, here]);
			return found?.isFile() ? [inside] : [];
		}),
	);
	return inner.flat();
}
