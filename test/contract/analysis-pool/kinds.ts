import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PoolUnderTest } from "../analysis-pool.ts";

export function describeKinds(use: () => PoolUnderTest): void {
	/** A folder of these files; gives its path. */
	const folder = (files: Readonly<Record<string, string>>): string => {
		const { bench } = use();
		const path = join(bench.path, "folder");
		rmSync(path, { recursive: true, force: true });
		for (const [name, content] of Object.entries(files)) {
			mkdirSync(join(path, name, ".."), { recursive: true });
			bench.file(join("folder", name), content);
		}
		return path;
	};
	const inFolder = (path: string, entry: string, files: readonly string[]) => ({
		script: join(path, entry),
		root: path,
		project: path,
		files,
	});

	describe("runs a function of a package", () => {
		test("with the inputs first, and parameters as the arguments of their names", async () => {
			const { bench, pool } = use();
			const input = bench.file("numbers.txt", "1\n2\n3\n");
			const given = { script: "base::nchar", inputs: [input], inputNames: ["numbers.txt"], params: { type: "bytes" } };
			const { kind, measurements } = await bench.complete(pool, "", given);
			expect(kind).toBe("package-function");
			expect(measurements).toEqual([{ name: "numbers.txt", value: Buffer.byteLength(input), unit: "" }]);
		});

		test("and refuses a parameter that is none of its arguments, before anything runs", async () => {
			const { bench, pool } = use();
			const { cause } = await pool.run(bench.request("", { script: "base::nchar", params: { kind: "bytes" } }));
			expect(cause).toMatchObject({ code: "R_PARAMS", class: "permanent", fix: expect.any(String) });
			expect(cause?.message).toMatch(/^base::nchar has no argument kind; it has x, type/);
		});

		test("and says which package is missing, or has no such function", async () => {
			const { bench, pool } = use();
			const missing = await pool.run(bench.request("", { script: "nosuchpackage::fit" }));
			expect(missing.cause).toMatchObject({ code: "R_ERROR", message: expect.stringContaining("nosuchpackage") });
			expect(missing.cause?.fix).toMatch(/Install/);
			const other = await pool.run(bench.request("", { script: "stats::nosuchfunction" }));
			expect(other.cause?.message).toMatch(/nosuchfunction.*is not an exported object/);
		});
	});

	describe("runs a folder", () => {
		test("by its script, beside which all of the folder lies", async () => {
			const { bench, pool } = use();
			const path = folder({
				"analysis.R": `source("R/f.R")\nwr_measure("limit", f(read.csv("limits.csv")))`,
				"R/f.R": "f <- function(limits) limits$upper",
				"limits.csv": "upper\n2.5\n",
			});
			const { measurements, kind } = await bench.complete(
				pool,
				"",
				inFolder(path, "analysis.R", ["R/f.R", "limits.csv"]),
			);
			expect(kind).toBe("script");
			expect(measurements).toEqual([{ name: "limit", value: 2.5, unit: "" }]);
		});

		test("and what it writes beside itself goes with the run: the lab's folder stays as it is", async () => {
			const { bench, pool } = use();
			const path = folder({ "analysis.R": `cat("changed", file = "cache.txt")`, "cache.txt": "as it was" });
			const { warnings } = await bench.complete(pool, "", inFolder(path, "analysis.R", ["cache.txt"]));
			expect(warnings).toEqual([]);
			expect(readFileSync(join(path, "cache.txt"), "utf8")).toBe("as it was");
		});

		test("with a DESCRIPTION and no script by the function analyze in its R/, with what it depends on attached", async () => {
			const { bench, pool } = use();
			const path = folder({
				DESCRIPTION:
					"Package: plates\nVersion: 1.0\nDepends: R (>= 4.0),\n    splines\nImports: stats, tools (>= 1.0)\n",
				"R/analyze.R": "analyze <- function(inputs) c(knots = knots_of(1:9))",
				"R/knots.R": `knots_of <- function(x) ncol(bs(x, df = 5))`,
			});
			const given = inFolder(path, "DESCRIPTION", ["R/analyze.R", "R/knots.R"]);
			const { measurements, kind } = await bench.complete(pool, "", given);
			expect(kind).toBe("function");
			expect(measurements).toEqual([{ name: "knots", value: 5, unit: "" }]);
			const without = inFolder(folder({ DESCRIPTION: "Package: empty\nVersion: 1\n" }), "DESCRIPTION", []);
			const { cause } = await pool.run(bench.request("", without));
			expect(cause).toMatchObject({ code: "R_NO_ANALYZE", class: "permanent" });
		});

		test("and names the packages that its DESCRIPTION or its renv.lock asks for and R does not have", async () => {
			const { bench, pool } = use();
			const locked = (name: string, version: string) => ({ Package: name, Version: version, Source: "Repository" });
			const path = folder({
				"analysis.R": "",
				"renv.lock": JSON.stringify(
					{ R: { Version: "4.2.2" }, Packages: { nosuch: locked("nosuch", "1.0"), stats: locked("stats", "1.0") } },
					undefined,
					2,
				),
			});
			const { cause } = await pool.run(bench.request("", inFolder(path, "analysis.R", ["renv.lock"])));
			expect(cause).toMatchObject({
				code: "R_LIBRARY",
				class: "permanent",
				fix: expect.stringContaining("renv::restore"),
			});
			expect(cause?.message).toBe("renv.lock asks for packages that this R does not have: nosuch");
			const described = folder({
				"analysis.R": "",
				DESCRIPTION: "Package: p\nImports: stats, nosuch (>= 2),\n  nosuch2\n",
			});
			const other = await pool.run(bench.request("", inFolder(described, "analysis.R", ["DESCRIPTION"])));
			expect(other.cause?.message).toBe("DESCRIPTION asks for packages that this R does not have: nosuch, nosuch2");
		});

		test("and warns of packages of another version than its renv.lock says", async () => {
			const { bench, pool } = use();
			const path = folder({
				"analysis.R": "",
				"renv.lock": `{ "Packages": { "stats": { "Package": "stats", "Version": "1.0" } } }`,
			});
			const { warnings, r } = await bench.complete(pool, "", inFolder(path, "analysis.R", ["renv.lock"]));
			expect(warnings).toEqual([`renv.lock asks for stats 1.0; here is stats ${r.version}`]);
		});
	});
}
