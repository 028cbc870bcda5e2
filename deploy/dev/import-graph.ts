import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync } from "oxc-parser";

/** One import or re-export of a file. */
export interface Import {
	/** As written. */
	readonly specifier: string;
	/** A file of the project (relative to its root), an npm package by its name, or a module of Node. */
	readonly target: { readonly kind: "file" | "package" | "node"; readonly name: string };
	readonly typesOnly: boolean;
	/** Names that are taken; "*" for all of them. */
	readonly names: readonly string[];
}

export interface SourceFile {
	readonly path: string;
	readonly text: string;
	readonly imports: readonly Import[];
	/** Exported values, types left out. */
	readonly exports: readonly string[];
}

/** `new URL("./x" + extension`, `new URL(\`./x${extension`, `new URL("./x.ts"`. */
const workerUrl = /new URL\(\s*(?:"(\.[^"]+)"\s*\+|`(\.[^`$]+)\$\{|["`](\.[^"`]+)\.ts["`])/g;

type Aliases = Readonly<Record<string, string | { readonly source: string }>>;

/** Every TypeScript file of the project, by its path relative to the root. */
export function readProject(root: string): ReadonlyMap<string, SourceFile> {
	const folders = "{pipeline,stages,connectors,r-workers,observability,deploy,bench,test}";
	const paths = [...globSync(`${folders}/**/*.ts`, { cwd: root }), ...globSync("*.ts", { cwd: root })].sort();
	const { imports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { imports: Aliases };
	return new Map(paths.map((path) => [path, readSource(path, readFileSync(join(root, path), "utf8"), imports)]));
}

/** Parses one file. `aliases` is the field `imports` of package.json. */
export function readSource(path: string, text: string, aliases: Aliases): SourceFile {
	const { module, errors } = parseSync(path, text);
	if (errors[0] !== undefined) throw new SyntaxError(`${path}: ${errors[0].message}`);
	const taken = (specifier: string, typesOnly: boolean, names: readonly string[]): Import => ({
		specifier,
		target: resolve(path, specifier, aliases),
		typesOnly,
		names,
	});
	const imports = module.staticImports.map(({ moduleRequest, entries }) => {
		const typesOnly = entries.length > 0 && entries.every(({ isType }) => isType);
		return taken(
			moduleRequest.value,
			typesOnly,
			entries.map(({ importName }) => importName.name ?? (importName.kind === "Default" ? "default" : "*")),
		);
	});
	const entries = module.staticExports.flatMap((statement) => statement.entries);
	for (const { moduleRequest, importName, isType } of entries) {
		if (moduleRequest !== null) imports.push(taken(moduleRequest.value, isType, [importName.name ?? "*"]));
	}
	for (const { moduleRequest } of module.dynamicImports) {
		const literal = /^(["'`])(.*)\1$/s.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[2];
		if (literal !== undefined) imports.push(taken(literal, false, ["*"]));
	}
	// A worker is found by its URL, with the extension that its starter has: .ts in the checkout, .js in what is published.
	for (const [, joined, filled, whole] of text.matchAll(workerUrl)) {
		imports.push(taken(`${joined ?? filled ?? whole}.ts`, false, ["*"]));
	}
	const exported = entries.filter(({ isType, moduleRequest }) => !isType && moduleRequest === null);
	return { path, text, imports, exports: exported.map(({ exportName }) => exportName.name ?? "default") };
}

function resolve(from: string, specifier: string, aliases: Aliases): Import["target"] {
	if (specifier.startsWith(".")) return { kind: "file", name: posix.join(posix.dirname(from), specifier) };
	if (specifier.startsWith("node:")) return { kind: "node", name: specifier };
	if (!specifier.startsWith("#")) return { kind: "package", name: packageName(specifier) };
	for (const [alias, to] of Object.entries(aliases)) {
		const [before = "", after = ""] = alias.split("*");
		if (!specifier.startsWith(before) || !specifier.endsWith(after)) continue;
		const star = specifier.slice(before.length, specifier.length - after.length);
		const pattern = typeof to === "string" ? to : to.source;
		return { kind: "file", name: posix.normalize(pattern.replace("*", star)) };
	}
	return { kind: "file", name: specifier };
}

function packageName(specifier: string): string {
	return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
