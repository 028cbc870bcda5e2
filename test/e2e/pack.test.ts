import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

describe("the packed program, installed into an empty folder", () => {
	const folder = mkdtempSync(join(tmpdir(), "watchrabbit-pack-"));
	const installed = join(folder, "node_modules", "watchrabbit");
	const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), NO_COLOR: "1" };
	const npm = (cwd: string, ...args: string[]) =>
		execFileSync("npm", args, { cwd, env, encoding: "utf8", timeout: 280_000 });

	beforeAll(() => {
		const [{ filename }] = JSON.parse(npm(root, "pack", "--json", "--loglevel=error", `--pack-destination=${folder}`));
		writeFileSync(join(folder, "package.json"), "{}");
		npm(folder, "install", join(folder, filename), "--omit=dev", "--prefer-offline", "--no-audit", "--no-fund");
	}, 300_000);
	afterAll(() => {
		rmSync(folder, { recursive: true });
		rmSync(join(root, "dist"), { recursive: true, force: true });
	});

	const watchrabbit = (...args: string[]) => {
		const options = { cwd: folder, env, encoding: "utf8", timeout: 110_000 } as const;
		const { status, stdout, stderr } = spawnSync("npx", ["watchrabbit", ...args], options);
		return { status, stdout, stderr };
	};

	it("is JavaScript with its types, R with its supervisor, JSON Schemas, what Prometheus and Alertmanager read, pages for people and the licence, and nothing else", () => {
		const files = globSync("**/*", { cwd: installed, withFileTypes: true }).filter((entry) => entry.isFile());
		const kinds = new Set(files.map(({ name }) => name.replace(/^.*?(?=\.(d\.ts|schema\.json|\w+)$)/, "")));
		expect([...kinds].sort()).toEqual([
			".R",
			".Rd",
			".Rmd",
			".d.ts",
			".js",
			".json",
			".md",
			".pl",
			".schema.json",
			".yml",
			"DESCRIPTION",
			"LICENSE",
			"NAMESPACE",
		]);
		expect(readFileSync(join(installed, "LICENSE"), "utf8")).toContain("Apache License");
	});

	it("says its version", () => {
		expect(watchrabbit("--version")).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
	});

	it("brings its templates: init writes the one that reads what is there", () => {
		mkdirSync(join(folder, "reader"));
		writeFileSync(join(folder, "reader", "doses.csv"), "compound,concentration,viability\nx,1,90\n");
		const { status, stderr } = watchrabbit("init", "reader");
		expect(status, stderr).toBe(0);
		expect(readFileSync(join(folder, "dose-response-ic50.R"), "utf8")).toContain(
			"analyze <- function(inputs, params, out)",
		);
		expect(existsSync(join(installed, "dist/r-workers/templates/report.Rmd"))).toBe(true);
	});

	it("runs the demo to its end", () => {
		const { status, stderr } = watchrabbit("demo", "--until-idle");
		expect(status, stderr).toBe(0);
	});

	it("says what to do under a Node that is too old", () => {
		const bin = join(installed, manifest.bin.watchrabbit);
		const old = `data:text/javascript,Object.defineProperty(process, "versions", { value: { node: "22.1.0" } })`;
		const { status, stderr } = spawnSync(process.execPath, ["--import", old, bin], { encoding: "utf8" });
		expect(stderr).toContain(`needs Node ${/\d+/.exec(manifest.engines.node)} or newer, and this is Node 22.1.0`);
		expect(status).toBe(3);
	});
});
