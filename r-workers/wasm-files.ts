import { copyFileSync, mkdirSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { AnalysisRequest } from "#core/ports/analysis-pool.ts";
import { isPortable, pathFromBytes } from "#domain/path.ts";

/**
 * webR follows no link out of a mounted directory, so it is given what the links lead to; where that has no plain name,
 * a copy in the run's directory.
 */
export function withRealPaths(request: AnalysisRequest): AnalysisRequest {
	return {
		...request,
		directory: realpathSync(request.directory),
		script: realOf(request.script, request.directory),
		inputs: request.inputs.map((input) => realOf(input, request.directory)),
	};
}

function realOf(path: string, directory: string): string {
	const real = realBytesOf(path);
	if (real === undefined) return path; // R says it better that there is no such file
	const readable = pathFromBytes(real);
	if (isPortable(readable)) return readable;
	const copies = join(directory, "copies");
	mkdirSync(copies, { recursive: true });
	copyFileSync(real, join(copies, basename(path)));
	return join(copies, basename(path));
}

function realBytesOf(path: string): Buffer | undefined {
	try {
		return realpathSync(path, { encoding: "buffer" });
	} catch {
		return undefined;
	}
}

/** The directories that a run needs, none of them within another. */
export function mountsFor({ directory, script, inputs }: AnalysisRequest): readonly string[] {
	const needed = [...new Set([directory, dirname(script), ...inputs.map((input) => dirname(input))])];
	return needed.filter((path) => !needed.some((other) => other !== path && isWithin(path, other)));
}

function isWithin(path: string, directory: string): boolean {
	return path.startsWith(directory === "/" ? directory : `${directory}/`);
}
