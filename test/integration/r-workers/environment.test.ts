import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { PoolSettings } from "#domain/settings.ts";
import { RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

describeWith("r", "what an analysis sees of the environment", () => {
	let bench: RBench;
	beforeEach(() => {
		bench = new RBench();
	});
	afterEach(() => bench.clean());

	/** A run's variables, of a product that was started with these besides its own. */
	async function seen(variables: NodeJS.ProcessEnv, settings: Partial<PoolSettings> = {}): Promise<string[]> {
		const environment = { ...process.env, ...variables };
		const pool = bench.pool({ engine: "fork", rscript: requireR(), ...settings }, { environment });
		const { log } = await bench.complete(pool, `cat(paste0(names(Sys.getenv()), "=", Sys.getenv()), sep = "\n")`);
		return log.split("\n");
	}

	const secrets = { AWS_SECRET_ACCESS_KEY: "s3", WATCHRABBIT_CATALOG__URL: "postgres://me:secret@db/lab", LAB_DB: "x" };

	test("is what R needs, and none of the product's own", async () => {
		const names = (await seen({ ...secrets, R_LAB: "1", HTTPS_PROXY: "http://proxy" })).map(
			(line) => line.split("=")[0],
		);
		expect(names).toEqual(expect.arrayContaining(["PATH", "HOME", "R_LAB", "HTTPS_PROXY", "TMPDIR"]));
		for (const name of Object.keys(secrets)) expect(names).not.toContain(name);
	});

	test("is what the pool lists as well, by name and by how names begin", async () => {
		const variables = await seen({ ...secrets, ODBCINI: "/etc/odbc.ini" }, { environment: ["ODBCINI", "LAB_*"] });
		expect(variables).toEqual(expect.arrayContaining(["ODBCINI=/etc/odbc.ini", "LAB_DB=x"]));
		expect(variables.join()).not.toContain("secret");
	});

	test("leads R to the pool's libraries, before its own", async () => {
		const library = join(bench.path, "library");
		mkdirSync(library);
		const pool = bench.pool({ engine: "fork", rscript: requireR(), libraries: [library] });
		expect((await bench.complete(pool, "cat(.libPaths()[1])")).log).toBe(library);
	});
});
