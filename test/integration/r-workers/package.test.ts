import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const sources = join(root, "r-workers/R/watchrabbit");

describeWith(["r", "tinytest"], "the package watchrabbit", () => {
	let bench: RBench;
	beforeEach(() => {
		bench = new RBench();
	});
	afterEach(() => bench.clean());

	/** R CMD, in the bench's directory. */
	async function r(...args: string[]): Promise<string> {
		const env = { ...process.env, LC_ALL: "C.UTF-8", R_LIBS: join(bench.path, "library") };
		const options = { cwd: bench.path, env, timeout: 240_000 };
		const { stdout } = await promisify(execFile)(join(dirname(requireR()), "R"), ["CMD", ...args], options);
		return stdout;
	}

	async function install(...directories: string[]): Promise<string> {
		const library = join(bench.path, "library");
		mkdirSync(library, { recursive: true });
		await r("INSTALL", "--no-docs", "--no-test-load", `--library=${library}`, ...directories);
		return library;
	}

	test("passes R CMD check without errors, warnings or notes, its own tests among that", async () => {
		await r("build", sources);
		const said = await r("check", "--no-manual", "watchrabbit_0.1.0.tar.gz");
		expect(said).toMatch(/^Status: OK$/m);
		expect(readFileSync(join(bench.path, "watchrabbit.Rcheck/tests/tinytest.Rout"), "utf8")).toMatch(
			/All ok, \d+ results/,
		);
	}, 300_000);

	test("has the version of the program", () => {
		const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
		expect(readFileSync(join(sources, "DESCRIPTION"), "utf8")).toContain(`\nVersion: ${version}\n`);
	});

	test("speaks to the run also as an installed copy that the script loads itself", async () => {
		const library = await install(sources);
		const script = `
			detach("package:watchrabbit", unload = TRUE)
			library(watchrabbit, lib.loc = "${library}")
			stopifnot(startsWith(getNamespaceInfo("watchrabbit", "path"), "${library}"))
			wr_measure("od", 0.5, "OD", upper = 1)
			wr_not_ready("the footer is missing", 60)`;
		const { outcome, measurements, cause, retryAfterMs } = await bench
			.pool({ engine: "fork" })
			.run(bench.request(script));
		expect(measurements).toEqual([{ name: "od", value: 0.5, unit: "OD", upper: 1 }]);
		expect({ outcome, retryAfterMs }).toEqual({ outcome: "not-ready", retryAfterMs: 60_000 });
		expect(cause?.message).toBe("the footer is missing");
	});

	test("is imported by a package of the lab, preloaded or not, where it is not installed", async () => {
		const lab = join(bench.path, "lab");
		const fromGitHub = "RemoteType: github\nRemoteUsername: lab\nRemoteRepo: tools\nRemoteSha: 0123abc\n";
		mkdirSync(join(lab, "R"), { recursive: true });
		writeFileSync(
			join(lab, "DESCRIPTION"),
			`Package: lab\nVersion: 1.0\nTitle: L\nDescription: L.\nLicense: none\n${fromGitHub}`,
		);
		writeFileSync(join(lab, "NAMESPACE"), "importFrom(watchrabbit, wr_measure)\nexport(keep)\n");
		writeFileSync(join(lab, "R/keep.R"), 'keep <- function() wr_measure("od", 0.5)\n');
		const library = await install(sources, lab);
		const alone = join(bench.path, "alone");
		cpSync(join(library, "lab"), join(alone, "lab"), { recursive: true });
		for (const preload of [[], ["lab"]]) {
			const pool = bench.pool({ engine: "fork", preload }, { environment: { ...process.env, R_LIBS: alone } });
			const { measurements, r: ran } = await bench.complete(pool, "lab::keep()");
			expect(measurements).toEqual([{ name: "od", value: 0.5, unit: "" }]);
			expect(ran.packages.lab).toBe("1.0");
			expect(ran.sources?.lab).toBe("GitHub lab/tools@0123abc");
		}
	});
});
