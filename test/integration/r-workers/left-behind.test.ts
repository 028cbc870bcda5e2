import { chmodSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RBench } from "#test/support/r-bench.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(async () => {
	vi.unstubAllEnvs();
	await bench.clean();
});

const leftovers = () => bench.reported.filter(({ event }) => event === "pool.leftover");

/** A program that speaks as R does; `more` are further lines that it can be told, and what it does then. */
function speaking(before: string, more: string): string {
	const rscript = bench.file(
		"Rscript",
		`#!/bin/sh
		read -r settings
		nonce=$(printf '%s' "$settings" | grep -o '[0-9a-f]\\{24\\}' | head -n 1)
		say() { printf '\\036%s %s\\n' "$nonce" "$1"; }
		${before}
		say 'ready {"version":"4.2.2","platform":"","packages":{}}'
		while read -r line; do case "$line" in ${more} esac; done
		`,
	);
	chmodSync(rscript, 0o755);
	return rscript;
}

describe("what cannot be taken away is told, and holds up nobody", () => {
	test("a directory that cannot be removed", async () => {
		const directory = `${bench.path}/pipes`;
		const rscript = speaking(`mv ${directory} ${directory}.aside; echo > ${directory}`, "*) exit;;");
		const pool = bench.pool({ engine: "fork", rscript }, { directory });
		await pool.start();
		const { cause } = await pool.run(bench.request("1"));
		expect(cause?.code).toBe("R_KILLED");
		await pool.close(0);
		expect(leftovers()).toMatchObject([{ pool: "bench", error: { code: "ENOTDIR" } }]);
	});

	test("what R says late of the run before, it does not say of this one", async () => {
		const endSoon = 'case "$line" in *run-1*) sleep 0.3; say "end run-1";; *) (sleep 0.3; say "end run-2") & esac';
		const answers = 'child*) say "child run-1 999999999";; mark*) say "$line";;';
		const rscript = speaking("", `${answers} *) ${endSoon};;`);
		const pool = bench.pool({ engine: "fork", rscript });
		await pool.start();
		const ended = await Promise.all([pool.run(bench.request("1")), pool.run(bench.request("2"))]);
		expect(ended.map(({ cause }) => cause?.message)).toEqual(
			Array(2).fill("R said that it was done, and left no record"),
		);
	});

	test("a run's process that is none of ours to kill: R is ended instead", async () => {
		const rscript = speaking("", `child*) say "$line ${process.pid}";;`);
		const pool = bench.pool({ engine: "fork", rscript });
		const { cause } = await pool.run(bench.request("1", { timeoutMs: 200 }));
		expect(cause?.code).toBe("R_TIMEOUT");
		expect(leftovers()).toMatchObject([{ pool: "bench", error: { code: "KILL_REFUSED" } }]);
	});
});

describe("a machine without mkfifo", () => {
	beforeEach(() => {
		vi.stubEnv("PATH", "/nowhere");
	});

	test("runs webR, which needs none", async () => {
		const pool = bench.pool({ engine: "wasm" });
		const { log } = await bench.complete(pool, `cat("out\\n"); message("err"); cat("out again\\n")`);
		expect(log).toBe("out\nerr\nout again\n");
	});

	test("is told what R lacks, and the way out", async () => {
		const pool = bench.pool({ engine: "fork", rscript: "/bin/true" });
		await expect(pool.start()).rejects.toMatchObject({
			code: "R_START_FAILED",
			message: "R cannot be started: there is no mkfifo in PATH",
			fix: "Install coreutils, or choose `engine: wasm`.",
		});
		expect((await pool.run(bench.request("1"))).cause?.code).toBe("R_START_FAILED");
	});
});

describe("a place that cannot hold what R needs to start", () => {
	test("a file where the directory should be", async () => {
		const directory = bench.file("taken", "");
		const pool = bench.pool({ engine: "fork", rscript: "/bin/true" }, { directory });
		await expect(pool.start()).rejects.toMatchObject({
			class: "transient",
			code: "R_START_FAILED",
			message: expect.stringMatching(/^R cannot be started: ENOTDIR/),
		});
	});

	test("an environment that the kernel takes no program with", async () => {
		const environment = { ...process.env, R_LONG: "x".repeat(200_000) };
		const pool = bench.pool({ engine: "fork", rscript: "/bin/true" }, { environment });
		await expect(pool.start()).rejects.toMatchObject({
			code: "R_START_FAILED",
			message: expect.stringMatching(/^R cannot be started: spawn E2BIG/),
		});
	});
});
