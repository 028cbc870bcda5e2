import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The R side is shipped as it is, beside dist/ and not in it. */
export function rSourceDirectory(): string {
	const beside = fileURLToPath(new URL("./R", import.meta.url));
	return existsSync(beside) ? beside : fileURLToPath(new URL("../../r-workers/R", import.meta.url));
}

/** What all engines run. */
const shared = [
	...["json.R", "csv.R", "parquet.R", "offered.R", "values.R", "plots.R", "conditions.R", "base.R", "run.R", "lock.R"],
	...["libraries.R", "parameters.R", "report.R", "kinds.R", "start.R"],
];

/** With what only the one does, in an order in which they can be read. */
export function rSourceFiles(own: string): readonly string[] {
	return [...shared, own].map((file) => join(rSourceDirectory(), file));
}

/** What the package watchrabbit consists of, by path; its pages and tests are not needed to run. */
export function packageSources(): ReadonlyMap<string, Buffer> {
	const directory = rSourceDirectory();
	const paths = globSync("watchrabbit/{DESCRIPTION,NAMESPACE,R/*.R}", { cwd: directory });
	return new Map(paths.map((path) => [path, readFileSync(join(directory, path))]));
}
