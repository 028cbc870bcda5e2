import { access, constants } from "node:fs/promises";
import { isPackageFunction } from "#domain/analysis.ts";
import type { SourceSettings } from "#domain/settings.ts";
import type { Workbench } from "../application.ts";

/** Pipelines that cannot make a job of what settles in a source, because a file of their analysis cannot be read; without those that have one. */
export async function missingAnalyses(
	{ settings }: Workbench,
	{ name }: SourceSettings,
	having: ReadonlySet<string>,
): Promise<readonly string[]> {
	const told: string[] = [];
	for (const { name: pipeline, from, analysis } of settings.pipelines) {
		if (from !== name || having.has(pipeline) || isPackageFunction(analysis.file)) continue;
		for (const file of [analysis.file, ...analysis.files]) {
			const readable = await access(file, constants.R_OK).then(
				() => true,
				() => false,
			);
			if (!readable) told.push(`pipeline ${pipeline} waits for its analysis ${file}, which cannot be read`);
		}
	}
	return told;
}
