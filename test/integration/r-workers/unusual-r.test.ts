import { chmodSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { environmentOf } from "#r-workers/processes.ts";
import { dataVariable, slotVariable } from "#r-workers/sweep.ts";
import { RBench, until } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

const parentPid = `sub("PPid:\\t", "", grep("^PPid", readLines("/proc/self/status"), value = TRUE))`;
const loadLibc = `dyn.load(sub(".* ", "", grep("/libc[.]so", readLines("/proc/self/maps"), value = TRUE)[[1]]))`;

const reading = (path: string) => {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
};

test("no R in PATH: `fork` says what is missing and how to get it; `auto` takes webR and says so", async () => {
	const environment = { ...process.env, PATH: "/nowhere" };
	const fork = bench.pool({ engine: "fork" }, { environment });
	await expect(fork.start()).rejects.toMatchObject({
		class: "permanent",
		code: "R_MISSING",
		message: "there is no R: Rscript cannot be started",
		fix: expect.stringContaining("apt install r-base-core"),
	});
	const { cause, log } = await fork.run(bench.request("1"));
	expect([cause?.code, log]).toEqual(["R_MISSING", ""]);
	const auto = bench.pool({ engine: "auto" }, { environment });
	expect([auto.engine, auto.why]).toEqual(["wasm", "no Rscript in PATH: webR brings its own R"]);
});

test("an R that fails while it loads: its own words, tried again with growing pauses, no busy loop", async () => {
	const rscript = bench.file(
		"Rscript",
		`#!/bin/sh\necho start >> ${bench.path}/starts\necho "libR.so is broken" >&2\nexit 1\n`,
	);
	chmodSync(rscript, 0o755);
	const pool = bench.pool({ engine: "fork", rscript, workers: 2 });
	await expect(pool.start()).rejects.toMatchObject({
		class: "transient",
		code: "R_START_FAILED",
		message: "R ended while it started: libR.so is broken",
	});
	const { outcome, cause } = await pool.run(bench.request("1"));
	expect([outcome, cause?.code]).toEqual(["failed", "R_START_FAILED"]);
	expect(reading(`${bench.path}/starts`).split("\n").length).toBeLessThan(8);
	expect(bench.reported).toContainEqual(expect.objectContaining({ event: "pool.trouble", pool: "bench" }));
});

test("a run whose process is gone before it could say a word does not wait for its timeout", async () => {
	const rscript = bench.file(
		"Rscript",
		`#!/bin/sh
		read -r settings
		nonce=$(printf '%s' "$settings" | grep -o '[0-9a-f]\\{24\\}' | head -n 1)
		say() { printf '\\036%s %s\\n' "$nonce" "$1"; }
		say 'ready {"version":"4.2.2","platform":"","packages":{}}'
		while read -r line; do case "$line" in
			child*) true & gone=$!; wait; say "$line $gone";;
			mark*) say "$line";;
		esac; done
		`,
	);
	chmodSync(rscript, 0o755);
	const pool = bench.pool({ engine: "fork", rscript });
	const { cause, log } = await pool.run(bench.request("1"));
	expect([cause?.class, cause?.code, log]).toEqual(["transient", "R_KILLED", ""]);
});

describeWith("r", "R that ends in unusual ways", () => {
	let pool: AnalysisPool;
	beforeEach(async () => {
		pool = bench.pool({ engine: "fork", rscript: requireR() });
		await pool.start();
	});
	/** Whatever happened, the next run is served. */
	afterEach(async () => {
		const { measurements } = await bench.complete(pool, "wr_measure('alive', 1)");
		expect(measurements).toHaveLength(1);
	});

	test.each([
		["a signal, as a crash sends it", "tools::pskill(Sys.getpid(), 11)"],
		["a wild read in compiled code", `${loadLibc}; .Call("memcmp", 1, 2, 3)`],
	])("a segfault is a crash, with R's own words at the end of the log: %s", async (_, script) => {
		const { cause, log } = await pool.run(bench.request(`cat("before\\n")\n${script}`));
		expect(cause).toMatchObject({ class: "transient", code: "R_CRASHED", message: "R crashed: segfault" });
		expect(log).toMatch(/^before\n[\s\S]*\*\*\* caught segfault \*\*\*[\s\S]*Traceback/);
	});

	test("an abort of the C library is a crash", async () => {
		const { cause } = await pool.run(bench.request(`${loadLibc}; x <- 1:10; .C("free", x)`));
		expect(cause).toMatchObject({
			code: "R_CRASHED",
			message: expect.stringMatching(/^R crashed: (free|munmap_chunk)\(\)/),
		});
	});

	/** A run that has begun, and the number that its script writes first. */
	const begun = async (script: string) => {
		const request = bench.request(`say <- function(x) writeLines(x, file.path(commandArgs(TRUE), "pid"))\n${script}`);
		const running = pool.run(request);
		const said = () => /^\s*(\d+)\n$/.exec(reading(`${request.directory}/out/pid`))?.[1];
		await until(() => said() !== undefined, "the script has said a pid");
		return { running, pid: Number(said()) };
	};

	test("killed from outside: not by us, and so may be tried again", async () => {
		const { running, pid } = await begun(`say(as.character(Sys.getpid())); repeat {}`);
		bench.kill(pid);
		expect((await running).cause).toMatchObject({
			class: "transient",
			code: "R_KILLED",
			message: expect.stringMatching(/^the R process ended without a word, not by us: /),
		});
	});

	test("the warm parent killed while a run is under way: the run is told as killed, its process goes too", async () => {
		const { running, pid } = await begun(`say(${parentPid}); repeat {}`);
		bench.kill(pid);
		expect((await running).cause).toMatchObject({ class: "transient", code: "R_KILLED" });
	});

	test("what hides from us, in a session of its own and without our mark, holds up nobody, even if the supervisor is killed", async () => {
		const hide = `system("env -i ${dataVariable}=${bench.id} setsid sleep 300 &")`;
		const supervisor = parentPid.replace('"/proc/self/status"', `paste0("/proc/", ${parentPid}, "/status")`);
		const { running, pid } = await begun(`${hide}; say(${supervisor}); repeat {}`);
		const hidden = async () => (await bench.processes()).find((pid) => environmentOf(pid, slotVariable) === undefined);
		await until(async () => (await hidden()) !== undefined, "it has hidden");
		bench.kill(pid);
		expect((await running).cause).toMatchObject({ class: "transient", code: "R_KILLED" });
		bench.kill((await hidden()) as number);
	});

	test("1 GB to stdout is ended at the limit, in bounded memory", async () => {
		const before = process.memoryUsage().rss;
		const script = `line <- strrep("x", 1023)\nfor (i in 1:(1024 * 1024)) cat(line, "\\n", sep = "")`;
		const { cause, log } = await pool.run(bench.request(script));
		expect(cause?.code).toBe("R_OUTPUT_LIMIT");
		expect(log.length).toBeLessThan(300_000);
		expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
	});

	test("an orphan in a session of its own is gone soon after its run", async () => {
		const before = await bench.processes();
		await bench.complete(pool, `system("setsid sleep 300 >/dev/null 2>&1 &"); system("(sleep 301 &)")`);
		await until(async () => `${await bench.processes()}` === `${before}`, "only the warm parent is left");
	});

	test("what a run that is killed had started goes with it, forks of R and daemons too", async () => {
		const before = await bench.processes();
		const script = `
			system("setsid sleep 300 &"); system("(setsid sh -c 'sleep 301 & sleep 302' &)")
			parallel::mcparallel(repeat Sys.sleep(1))
			cat("started\\n"); repeat {}`;
		const { cause } = await pool.run(bench.request(script, { timeoutMs: 2_000 }));
		expect(cause?.code).toBe("R_TIMEOUT");
		expect(await bench.processes()).toEqual(before);
	});

	test("a fork that the script made and that reaches the script's end is not taken for the run", async () => {
		const script = `f <- parallel::mcparallel({ q(status = 5) }); cat("parent\\n"); Sys.sleep(0.3); wr_measure("n", 1)`;
		const { measurements } = await bench.complete(pool, script);
		expect(measurements).toEqual([{ name: "n", value: 1, unit: "" }]);
	});

	test("/dev/stdout and /dev/stderr can be opened, and programs print into the same log in order", async () => {
		const script = `cat("1\\n"); system("echo 2; echo 3 >&2; echo 4 > /dev/stderr"); cat("5\\n", file = "/dev/stdout"); cat("6\\n")`;
		const { log } = await bench.complete(pool, `suppressWarnings({${script}})`);
		expect(log).toBe("1\n2\n3\n4\n5\n6\n");
	});

	test("bytes that are no text are kept readable", async () => {
		const { log } = await bench.complete(
			pool,
			`p <- pipe("cat", "wb"); writeBin(as.raw(c(0x41, 0xff, 0x00, 0x42)), p); close(p)`,
		);
		expect(log).toContain("A\ufffd\0B");
		const { cause } = await pool.run(bench.request(`stop("caf\\xe9 ", rawToChar(as.raw(c(0x61, 0xff, 0x62))))`));
		expect(cause?.message).toBe("caf<e9> a<ff>b");
	});
});
