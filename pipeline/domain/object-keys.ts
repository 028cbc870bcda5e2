/**
 * Where things lie in the object store:
 *
 *   results/<job>-<token>/artifacts/<name>   written first
 *   results/<job>-<token>/log.txt
 *   results/<job>-<token>/manifest.json      written last, names all the others
 *   analyses/<digest>/<path>                 the editions of an analysis
 *   inputs/sha256/<digest>                   the files of sources with `archive: true`
 */
export const resultsPrefix = "results/";
export const analysesPrefix = "analyses/";
export const inputsPrefix = "inputs/";
export const manifestName = "manifest.json";
export const logName = "log.txt";

/** The objects of one attempt. The token is in it, so that a zombie can never write over another's result. */
export function attemptPrefix(job: string, token: number): string {
	return `${resultsPrefix}${job}-${token}/`;
}

export function artifactKey(job: string, token: number, name: string): string {
	return `${attemptPrefix(job, token)}artifacts/${name}`;
}

/** By content: the same file, wherever it came from, is kept once. */
export function inputKey(sha256: string): string {
	return `${inputsPrefix}sha256/${sha256}`;
}

/** Which attempt an object below `results/` is of; undefined for a key that no attempt can have written. */
export function attemptOf(key: string): { readonly job: string; readonly token: number } | undefined {
	const [, job, token] = /^results\/([^/]+)-(\d+)\/./.exec(key) ?? [];
	return job === undefined ? undefined : { job, token: Number(token) };
}
