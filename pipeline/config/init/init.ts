import { existsSync, statSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { permanent } from "#core/errors.ts";
import { loadSettings } from "../load.ts";
import { defaultFileName } from "../read-config.ts";
import { configJsonSchema } from "../schema.ts";
import { defaultExclude } from "./choose-files.ts";
import type { Choice } from "./choose-shape.ts";
import { namedTemplate, templateFiles, writeTemplate } from "./choose-template.ts";
import { type Proposal, propose } from "./propose.ts";
import { renderConfig } from "./render.ts";
import { survey } from "./survey.ts";
import { observeWrites } from "./write-pattern.ts";

export interface InitRequest {
	/** Where the instrument writes. */
	readonly watch: string;
	/** Where the configuration is written. */
	readonly directory: string;
	readonly analysis: string | undefined;
	/** The name of the template to write as the analysis; without it the one that fits. */
	readonly template?: string | undefined;
	readonly force: boolean;
	/** How often to look for files being written, and the pause before each look. */
	readonly looks: number;
	readonly wait: () => Promise<unknown>;
}

export interface InitReport {
	readonly config: string;
	/** Absolute paths of what was written. */
	readonly written: readonly string[];
	readonly proposal: Proposal;
	/** Of the configuration as it was checked after writing. */
	readonly warnings: readonly string[];
}

const schemaFileName = "watchrabbit.schema.json";

/**
 * Looks at a directory and writes a configuration for it, a JSON Schema for editors, and an analysis to begin with.
 * @throws WatchRabbitError USAGE_INIT_...: nothing was written
 */
export async function init(request: InitRequest): Promise<InitReport> {
	const { directory } = request;
	const config = join(directory, defaultFileName);
	if (existsSync(config) && !request.force) {
		throw permanent("USAGE_INIT_EXISTS", `${config} is there already`, {
			fix: "Change it by hand, or write it anew with --force.",
		});
	}
	const root = resolve(directory, request.watch);
	if (!isDirectory(root)) {
		throw permanent("USAGE_INIT_DIRECTORY", `${root} is not a directory`, {
			fix: "Name the directory that the instrument writes into.",
		});
	}
	if (request.analysis !== undefined && !existsSync(resolve(directory, request.analysis))) {
		throw permanent("USAGE_INIT_ANALYSIS", `there is no file ${resolve(directory, request.analysis)}`, {
			fix: "Correct what stands behind --analysis, or leave it out to get one to begin with.",
		});
	}
	const proposal = await look(root, request);
	const analysis = resolve(directory, proposal.analysis.value);
	const written = write(proposal, { config, root, analysis, directory });
	const { warnings } = await loadSettings(config, {}, { directory });
	return { config, written, proposal, warnings };
}

async function look(root: string, request: InitRequest): Promise<Proposal> {
	const { looks, wait, directory } = request;
	const before = survey(root);
	const writes = await observeWrites(before, looks, wait, () => performance.timeOrigin + performance.now());
	const given = givenAnalysis(request);
	const scripts = given === undefined ? templateFiles() : [given.value];
	const ours = ownFiles(root, directory, scripts);
	const found = survey(root);
	const after = { ...found, files: found.files.filter(({ path }) => !ours.includes(path)) };
	if (after.files.some(({ path }) => path === "RunInfo.xml" || path.startsWith("AcqData/"))) {
		throw permanent("USAGE_INIT_RUN", `${root} is itself one run`, {
			fix: `Name the directory above it: watchrabbit init ${resolve(root, "..")}`,
		});
	}
	const proposal = propose(after, writes, given);
	return leavingAlone(proposal, ownFiles(root, directory, [proposal.analysis.value]));
}

/** One that was named, or the template that was; an analysis.R that is there is the lab's own, and stays in use. */
function givenAnalysis({ directory, analysis, template }: InitRequest): Choice<string> | undefined {
	if (analysis !== undefined) return { value: analysis, why: [] };
	if (template !== undefined) return namedTemplate(template);
	return existsSync(join(directory, "analysis.R")) ? { value: "analysis.R", why: [] } : undefined;
}

/** What we write ourselves, as the watched directory sees it, should the configuration lie in there. */
function ownFiles(root: string, directory: string, scripts: readonly string[]): string[] {
	return [defaultFileName, schemaFileName, ...scripts]
		.map((file) => relative(root, resolve(directory, file)).split(sep).join("/"))
		.filter((path) => !path.startsWith("../"));
}

function leavingAlone(proposal: Proposal, ours: readonly string[]): Proposal {
	if (ours.length === 0) return proposal;
	const { value, why } = proposal.exclude ?? { value: defaultExclude, why: [] };
	return {
		...proposal,
		exclude: {
			value: [...value, ...ours],
			why: [...why, "the configuration lies in the watched directory, and is no data"],
		},
	};
}

interface Targets {
	readonly config: string;
	readonly root: string;
	readonly analysis: string;
	readonly directory: string;
}

function write(proposal: Proposal, { config, root, analysis, directory }: Targets): string[] {
	const schema = join(directory, schemaFileName);
	const paths = {
		watch: asWritten(directory, root),
		analysis: asWritten(directory, analysis),
		schema: `./${schemaFileName}`,
	};
	const written = [config, schema];
	writeFileSync(schema, `${JSON.stringify(configJsonSchema(), null, "\t")}\n`);
	if (!existsSync(analysis)) {
		writeTemplate(proposal.analysis.value, analysis);
		written.push(analysis);
	}
	writeFileSync(config, renderConfig(proposal, paths));
	return written;
}

function asWritten(directory: string, path: string): string {
	const short = relative(directory, path).split(sep).join("/");
	if (short === "") return ".";
	return short.startsWith("../..") ? path : short.startsWith(".") ? short : `./${short}`;
}

function isDirectory(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A file or folder to try the analysis on, absolute. */
export function exampleOf({ proposal }: InitReport, root: string): string | undefined {
	return proposal.example === undefined
		? undefined
		: join(root, ...proposal.example.split("/").map((part) => basename(part)));
}
