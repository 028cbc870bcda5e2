import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function run(command: string, args: readonly string[]) {
	const { status, stdout, stderr } = spawnSync(join(root, "node_modules", ".bin", command), args, {
		cwd: root,
		encoding: "utf8",
	});
	return { status, output: stdout + stderr };
}

describe("lint", { timeout: 60_000 }, () => {
	/** In a folder of its own under our rules: biome names no rule for what comes from standard input. */
	function lint(text: string) {
		const folder = mkdtempSync(join(tmpdir(), "watchrabbit-lint-"));
		onTestFinished(() => rmSync(folder, { recursive: true }));
		const { linter } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
		writeFileSync(join(folder, "biome.json"), JSON.stringify({ root: true, linter }));
		writeFileSync(join(folder, "x.test.ts"), text);
		return run("biome", ["lint", "--error-on-warnings", `--config-path=${folder}`, folder]);
	}

	it("has nothing to say about this project", () => {
		const { status, output } = run("biome", ["check", "--error-on-warnings"]);
		expect(status, output).toBe(0);
	});

	it.each([
		["any", "export const a: any = 1;\n", "noExplicitAny"],
		["a skipped test", 'it.skip("a", () => {});\n', "noSkippedTests"],
		["a test that runs alone", 'it.only("a", () => {});\n', "noFocusedTests"],
		["an unused variable", "const a = 1;\n", "noUnusedVariables"],
		["a promise that nobody awaits", "async function f() {}\nexport function g() {\n\tf();\n}\n", "noFloatingPromises"],
	])("refuses %s", (_, text, rule) => {
		const { status, output } = lint(text);
		expect(output).toContain(rule);
		expect(status).not.toBe(0);
	});
});

describe("types", { timeout: 120_000 }, () => {
	it("fit in this project", () => {
		const { status, output } = run("tsc", ["-p", "."]);
		expect(status, output).toBe(0);
	});

	it.each([
		["an implicit any", "export function f(a) { return a; }", "TS7006"],
		["an element that may be absent", "export const f = (a: string[]): string => a[0];", "TS2322"],
		["syntax that Node cannot erase", "export enum A { B }", "TS1294"],
	])("refuse %s", (_, text, code) => {
		const folder = mkdtempSync(join(tmpdir(), "watchrabbit-types-"));
		onTestFinished(() => rmSync(folder, { recursive: true }));
		const settings = { extends: join(root, "tsconfig.json"), compilerOptions: { types: [] }, include: ["x.ts"] };
		writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
		writeFileSync(join(folder, "x.ts"), text);
		const { status, output } = run("tsc", ["-p", folder]);
		expect(output).toContain(code);
		expect(status).not.toBe(0);
	});
});

interface Locked {
	readonly optionalDependencies?: Readonly<Record<string, string>>;
	readonly resolved?: string;
}

/** Where npm looks for a dependency of the package at `path`: its own node_modules, then those above. */
function placesOf(name: string, path: string): string[] {
	const above = path.split("/node_modules/").map((_, i, parts) => parts.slice(0, i + 1).join("/node_modules/"));
	return [
		...above.filter((place) => place !== "").map((place) => `${place}/node_modules/${name}`),
		`node_modules/${name}`,
	];
}

/** Packages for other platforms that the lockfile names without knowing them: `npm ci` refuses such a lockfile. */
function unknownToLockfile(packages: Readonly<Record<string, Locked>>): string[] {
	return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
		Object.keys(optionalDependencies)
			.filter((name) => placesOf(name, path).every((place) => packages[place] === undefined))
			.map((name) => `${path} needs ${name}`),
	);
}

describe("the lockfile", () => {
	const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
		packages: Readonly<Record<string, Locked>>;
	};

	it("knows the packages of every platform, so that npm ci works on each", () => {
		expect(unknownToLockfile(packages)).toEqual([]);
	});

	it("would be refused without them", () => {
		const packages = { "node_modules/a": { optionalDependencies: { "a-linux": "1.0.0" } } };
		expect(unknownToLockfile(packages)).toEqual(["node_modules/a needs a-linux"]);
	});

	it("names no registry, so that everybody's own is used", () => {
		expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
	});
});
