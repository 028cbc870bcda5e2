import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { forbiddenImports, importCycles, isEntry, unusedCode } from "../../../deploy/dev/check-imports.ts";
import { readProject, readSource, type SourceFile } from "../../../deploy/dev/import-graph.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const { imports: aliases } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));

function project(sources: Readonly<Record<string, string>>): ReadonlyMap<string, SourceFile> {
	return new Map(Object.entries(sources).map(([path, text]) => [path, readSource(path, text, aliases)]));
}

function problems(path: string, text: string): string[] {
	return forbiddenImports(project({ [path]: text }).values());
}

describe("the imports of this project", () => {
	const files = readProject(root);

	it("point one way", () => {
		expect(forbiddenImports(files.values())).toEqual([]);
	});

	it("close no circle", () => {
		expect(importCycles(files)).toEqual([]);
	});

	it("leave no file and no value unused", () => {
		expect(unusedCode(files, isEntry)).toEqual([]);
	});
});

describe("the import rules", () => {
	it.each([
		["core imports domain", "pipeline/core/x.ts", `import { a } from "#domain/a.ts";`],
		["core imports a package other than RxJS", "pipeline/core/x.ts", `import { z } from "zod";`],
		["a port imports what runs from domain", "pipeline/core/ports/x.ts", `import { a } from "#domain/a.ts";`],
		["domain imports the runtime", "pipeline/domain/x.ts", `import { a } from "#runtime/a.ts";`],
		["domain imports types of the runtime", "pipeline/domain/x.ts", `import type { A } from "#runtime/a.ts";`],
		["a stage imports a connector", "stages/x.ts", `import { a } from "#connectors/file/a.ts";`],
		["a connector imports another", "connectors/sqlite/x.ts", `import { a } from "#connectors/file/a.ts";`],
		["a connector imports another by its relative path", "connectors/sqlite/x.ts", `export * from "../file/a.ts";`],
		["the runtime imports a connector lazily", "pipeline/runtime/x.ts", `await import("#connectors/file/a.ts");`],
		["the API imports the runtime", "pipeline/api/x.ts", `import "#runtime/a.ts";`],
		["the CLI imports the app", "pipeline/cli/x.ts", `import { a } from "#app/a.ts";`],
		["the terminal imports the core", "pipeline/terminal/x.ts", `import { a } from "#core/a.ts";`],
		["a room that is not chokidar's imports chokidar", "pipeline/runtime/x.ts", `import { watch } from "chokidar";`],
		["the app imports a test", "pipeline/app/x.ts", `import { a } from "#test/support/a.ts";`],
		["the app imports a bench", "pipeline/app/x.ts", `import { a } from "../../bench/a.ts";`],
		["a tool of the checkout imports a test", "deploy/dev/x.ts", `import { a } from "../../test/support/a.ts";`],
	])("refuse that %s", (_, path, text) => {
		expect(problems(path, text)).toEqual([expect.stringMatching(/must not import .*, because /)]);
	});

	it("refuse a file in a folder that has no rule", () => {
		expect(problems("pipeline/new-room/x.ts", "")).toEqual([expect.stringContaining("is in no room")]);
	});

	it.each([
		["core imports RxJS", "pipeline/core/x.ts", `import { map } from "rxjs";`],
		["any room imports node:", "pipeline/domain/x.ts", `import { join } from "node:path";`],
		["a port imports types of domain", "pipeline/core/ports/x.ts", `import type { A } from "#domain/a.ts";`],
		["the app imports every room", "pipeline/app/x.ts", `import { a } from "#connectors/file/a.ts";`],
		["a test imports everything", "test/unit/x.test.ts", `import { a } from "#app/a.ts"; import "fast-check";`],
	])("allow that %s", (_, path, text) => {
		expect(problems(path, text)).toEqual([]);
	});

	it("see a circle, also through a re-export", () => {
		const circle = project({
			"stages/a.ts": `import { b } from "./b.ts"; export const a = b;`,
			"stages/b.ts": `export { c as b } from "./c.ts";`,
			"stages/c.ts": `import { a } from "./a.ts"; export const c = a;`,
		});
		expect(importCycles(circle)).toEqual([
			expect.stringContaining("stages/a.ts -> stages/b.ts -> stages/c.ts -> stages/a.ts"),
		]);
	});

	it("see no circle in imports of types alone", () => {
		const types = project({
			"stages/a.ts": `import type { B } from "./b.ts"; export type A = B;`,
			"stages/b.ts": `import type { A } from "./a.ts"; export type B = A;`,
		});
		expect(importCycles(types)).toEqual([]);
	});

	it("see files and values that nobody uses, and know workers by their URL", () => {
		const files = project({
			"pipeline/app/main.ts": `import { used } from "#stages/a.ts"; new Worker(new URL("./worker" + ext, import.meta.url));`,
			"pipeline/app/worker.ts": "export const anything = 1;",
			"stages/a.ts": "export const used = 1; export const unused = 2; export interface Shape { a: 1 }",
			"stages/lost.ts": "",
		});
		expect(unusedCode(files, isEntry)).toEqual([
			"stages/a.ts: nobody uses its unused",
			"stages/lost.ts: nobody imports it",
		]);
	});
});
