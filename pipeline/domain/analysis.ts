/** `pkg::fun`: a function of a package, which no file of the lab's own says. */
export function isPackageFunction(analysis: string): boolean {
	return /^[A-Za-z][A-Za-z0-9.]*::[A-Za-z.][A-Za-z0-9._]*$/.test(analysis);
}

/** What R or Quarto can run by itself. */
export function isRunnable(name: string): boolean {
	return /\.(?:R|r|Rmd|rmd|qmd)$/.test(name);
}

const entryNames = ["analysis", "analyse", "analyze", "main", "run", "report", "index"];

/**
 * What is run of a folder: its only script or report, else the one that is called so; where it has none and functions
 * in R/, its DESCRIPTION stands for them. Undefined if nobody can say.
 *
 * @param paths of its files, relative to it
 */
export function entryOf(paths: readonly string[]): string | undefined {
	const scripts = paths.filter((path) => !path.includes("/") && isRunnable(path));
	if (scripts.length === 1) return scripts[0];
	if (scripts.length === 0) return paths.find((path) => path === "DESCRIPTION");
	const called = (name: string) => scripts.filter((path) => path.replace(/\.[^.]*$/, "").toLowerCase() === name);
	const named = entryNames.map(called).find((found) => found.length > 0);
	return named?.length === 1 ? named[0] : undefined;
}
