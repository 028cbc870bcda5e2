import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** What HOUSE calls the layout: the top level is given, everything lives inside it. */
const topLevel: ReadonlySet<string> = new Set([
	...["pipeline", "stages", "connectors", "r-workers", "observability", "deploy", "bench", "test"],
	...["package.json", "package-lock.json", "tsconfig.json", "biome.json", "vitest.config.ts", "README.md", "LICENSE"],
	...[".ci", ".editorconfig", ".gitignore", ".npmrc"],
]);

/** What tools leave behind, and git ignores. */
const leftByTools: ReadonlySet<string> = new Set([
	...[".git", "node_modules", "dist", "coverage", ".watchrabbit", ".vitest", ".vitest-cache"],
]);

/** Lines: of a file of the product, and of a test, whose cases stand beside one another. */
const longestFile = 250;
const longestTest = 400;
/** Files that may be longer, each with the reason. */
const longFiles: ReadonlyMap<string, string> = new Map();

const emptyNames = /^(utils?|common|helpers?|manager|misc|shared|stuff)$/;

interface TextRule {
	readonly pattern: RegExp;
	readonly because: string;
}

const textRules: readonly TextRule[] = [
	{
		pattern: /@ts-(ignore|nocheck|expect-error)/,
		because: "the types are the contract: a silenced error is a hole in it",
	},
	{
		pattern: /\bvi\.(mock|stubGlobal)\b/,
		because: "tests use the real thing, or a port's own simple implementation",
	},
	{
		pattern: /(^|[^\w.<])[/](work|root|home|tmp|Users)[/]\w/,
		because: "a path of one machine is wrong on every other",
	},
	{ pattern: /\b(TODO|FIXME|XXX)\b/, because: "what is missing is an issue, not a comment" },
];

export interface File {
	readonly path: string;
	readonly text: string;
}

/** The project's own text files, without what tools leave and what git ignores. */
export function readHouse(root: string): { readonly entries: readonly string[]; readonly files: readonly File[] } {
	const entries = globSync("{*,.*}", { cwd: root }).filter((name) => !leftByTools.has(name) && !name.endsWith(".tgz"));
	const folders = `{${[...topLevel].filter((name) => !name.includes(".") || name === ".ci").join(",")}}`;
	const paths = globSync(`${folders}/**/*`, { cwd: root, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\//, ""));
	const files = paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
	return { entries, files };
}

/** Every breach of a rule of the house that a machine can see, in words. */
export function breaches(entries: readonly string[], files: readonly File[]): string[] {
	return [...entries.filter((name) => !topLevel.has(name)).map(outOfPlace), ...files.flatMap(breachesOf)];
}

function outOfPlace(name: string): string {
	return `${name}: the top level is given; move it into the folder it belongs to`;
}

function breachesOf({ path, text }: File): string[] {
	const found: string[] = [];
	const stem = basename(path).replace(/(\.(test|contract|scenario|config|build))*\.\w+$/, "");
	const isCode = /\.(ts|mjs|R)$/.test(path);
	if (isCode && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) found.push(`${path}: file names are kebab-case`);
	if (path.split("/").some((part) => emptyNames.test(part.replace(/\.\w+$/, "")))) {
		found.push(`${path}: a name that says nothing; name it after what it does`);
	}
	const lines = text.split("\n").length - 1;
	const longest = path.startsWith("test/") ? longestTest : longestFile;
	if (isCode && lines > longest && !longFiles.has(path)) {
		found.push(`${path}: ${lines} lines; a file has one reason to exist and rarely more than ${longest} lines`);
	}
	for (const { pattern, because } of textRules) {
		const match = pattern.exec(text);
		if (match === null || path === "deploy/dev/house-rules.ts") continue;
		const line = text.slice(0, match.index + 1).split("\n").length;
		found.push(`${path}:${line}: ${match[0].trim()}: ${because}`);
	}
	return found;
}
