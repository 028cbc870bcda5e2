import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { buffer } from "node:stream/consumers";
import { permanent, transient } from "#core/errors.ts";
import type { AnalysisRequest } from "#core/ports/analysis-pool.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import { SingleFlight } from "#core/single-flight.ts";
import { entryOf, isPackageFunction } from "#domain/analysis.ts";
import { analysesPrefix } from "#domain/object-keys.ts";
import type { AnalysisSettings } from "#domain/settings.ts";
import { filesOf } from "./analysis-files.ts";

export interface AnalysisFile {
	/** Relative to the folder or the script's directory, "/" between the parts. */
	readonly path: string;
	readonly size: number;
	readonly sha256: string;
}

/** An analysis as it is on disk at one moment. */
export interface AnalysisEdition {
	/** SHA-256 over the names and digests of script and declared files, in order. */
	readonly digest: string;
	/** The script first. */
	readonly files: readonly AnalysisFile[];
}

interface Looked {
	readonly stamp: string;
	readonly edition: AnalysisEdition;
	readonly place: Place;
}

/** Where an edition lies to be run. */
type Place = Pick<AnalysisRequest, "script" | "root" | "project">;

/** With what belongs to it. */
export interface CheckedOut extends Place {
	readonly files: readonly AnalysisFile[];
}

/**
 * The analyses' editions. A job names the digest of the edition it was made for; a script that is edited while jobs
 * wait must not change what those jobs run, so every edition is kept in the object store when it is first used, and
 * fetched from there when the file on disk is another by then.
 */
export class AnalysisLibrary {
	readonly #objects: ObjectStore;
	/** Where editions that are no longer on disk are laid out. */
	readonly #directory: string;
	/** By digest. Laid out once: a copy may be in use from then on. */
	readonly #laidOut = new Map<string, Promise<readonly AnalysisFile[]>>();
	readonly #looking = new SingleFlight<AnalysisEdition>();
	readonly #editions = new Map<string, Looked>();

	constructor(objects: ObjectStore, directory: string) {
		this.#objects = objects;
		this.#directory = directory;
	}

	/**
	 * The edition on disk, kept from now on: for the plans of jobs, of which many ask at a time and share one look.
	 * @throws WatchRabbitError as filesOf
	 */
	edition(analysis: AnalysisSettings): Promise<AnalysisEdition> {
		return this.#looking.join(keyOf(analysis), async () => (await this.#look(analysis)).edition);
	}

	async #look(analysis: AnalysisSettings): Promise<Looked> {
		const { root, isFolder, files: paths, stamp } = await filesOf(analysis);
		const known = this.#editions.get(keyOf(analysis));
		if (known !== undefined && known.stamp === stamp) return known;
		const contents = await Promise.all(paths.map((file) => readFile(file)));
		const files = paths.map((file, i) => describe(relative(root, file), contents[i] as Buffer));
		const edition = { digest: digestOf(isPackageFunction(analysis.file) ? analysis.file : files), files };
		await Promise.all(
			files.map(({ path }, i) => this.#objects.putIfAbsent(objectKey(edition.digest, path), contents[i] as Buffer)),
		);
		const [script = analysis.file] = paths;
		const looked = { stamp, edition, place: isFolder ? { script, root, project: root } : { script } };
		this.#editions.set(keyOf(analysis), looked);
		return looked;
	}

	/**
	 * A script on disk that is the given edition: the lab's own file if it still is, else a copy of what it was.
	 * @param planned what the script was called when the job was made
	 * @throws WatchRabbitError EDITION_MISSING (permanent)
	 */
	async checkOut(digest: string, planned: string, analysis: AnalysisSettings): Promise<CheckedOut> {
		if (isPackageFunction(planned)) return { script: planned, files: [] };
		const current = await this.#look(analysis).catch(() => undefined);
		if (current?.edition.digest === digest) return { ...current.place, files: current.edition.files };
		const directory = join(this.#directory, digest);
		const laidOut = this.#laidOut.get(digest) ?? this.#layOut(digest, directory);
		this.#laidOut.set(digest, laidOut);
		try {
			return { ...placed(directory, planned, analysis, await laidOut), files: await laidOut };
		} catch (thrown) {
			this.#laidOut.delete(digest);
			throw thrown;
		}
	}

	/**
	 * Whether what was checked out is still that edition: a run waits for its turn, and the lab may edit its file meanwhile.
	 * @throws WatchRabbitError SCRIPT_CHANGED (transient: checked out again, it is a copy of the edition)
	 */
	async checkUnchanged(digest: string, { script }: CheckedOut, analysis: AnalysisSettings): Promise<void> {
		if (isPackageFunction(script) || script.startsWith(join(this.#directory, "/"))) return;
		const current = await this.#look(analysis).catch(() => undefined);
		if (current?.edition.digest === digest) return;
		throw transient("SCRIPT_CHANGED", `the analysis ${script} was changed while it ran`, {
			fix: "Nothing to do: the job runs again with the analysis as it was when the job was made.",
		});
	}

	async #layOut(digest: string, directory: string): Promise<readonly AnalysisFile[]> {
		const prefix = objectKey(digest, "");
		const partial = `${directory}.${process.pid}.partial`;
		const files: AnalysisFile[] = [];
		await rm(partial, { recursive: true, force: true });
		for await (const { key } of this.#objects.list(prefix)) {
			const path = key.slice(prefix.length);
			const content = await buffer(await this.#objects.get(key));
			await mkdir(dirname(join(partial, path)), { recursive: true });
			await writeFile(join(partial, path), content);
			files.push({ path, size: content.length, sha256: createHash("sha256").update(content).digest("hex") });
		}
		if (files.length === 0) {
			throw permanent(
				"EDITION_MISSING",
				`the edition ${digest.slice(0, 12)} of the analysis is not in the object store`,
				{
					fix: "Replay the acquisition with the present script.",
				},
			);
		}
		await rm(directory, { recursive: true, force: true });
		await rename(partial, directory);
		return files;
	}
}

/** Two pipelines may share a script, and not what belongs to it. */
function keyOf({ file, files, project }: AnalysisSettings): string {
	return JSON.stringify([file, files, project]);
}

function objectKey(digest: string, path: string): string {
	return `${analysesPrefix}${digest}/${path}`;
}

/** What is run of a copy. An edition of a folder is named by the folder, or by the script of which that is said. */
function placed(
	directory: string,
	planned: string,
	{ project }: AnalysisSettings,
	files: readonly AnalysisFile[],
): Place {
	const paths = files.map(({ path }) => path);
	const within = project === undefined ? basename(planned) : relative(project, planned);
	if (project === undefined && paths.includes(within)) return { script: join(directory, within) };
	const entry = paths.includes(within) ? within : (entryOf(paths) ?? within);
	return { script: join(directory, entry), root: directory, project: project ?? planned };
}

function describe(path: string, content: Buffer): AnalysisFile {
	return { path, size: content.length, sha256: createHash("sha256").update(content).digest("hex") };
}

/** Of a package's function it is its name: what that does is told by the version of the package, in the record. */
function digestOf(of: string | readonly AnalysisFile[]): string {
	const hash = createHash("sha256");
	if (typeof of === "string") hash.update(of);
	else for (const { path, sha256 } of of) hash.update(`${path}\n${sha256}\n`);
	return hash.digest("hex");
}
