import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The absolute path of the first Rscript in PATH. */
export function findRscript(environment: NodeJS.ProcessEnv): string | undefined {
	const directories = (environment.PATH ?? "").split(delimiter).filter((directory) => directory !== "");
	return directories.map((directory) => join(directory, "Rscript")).find(isExecutable);
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
