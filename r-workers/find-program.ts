import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first of that name in PATH; of a path itself; undefined when it cannot be run. */
export function findProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
	const directories = (environment.PATH ?? "").split(delimiter).filter((directory) => directory !== "");
	const places = name.includes("/") ? [name] : directories.map((directory) => join(directory, name));
	return places.find(isExecutable);
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}
