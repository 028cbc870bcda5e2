import { randomInt } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AnalysisRequest } from "#core/ports/analysis-pool.ts";
import { allProcesses } from "#r-workers/processes.ts";
import { RBench, until } from "#test/support/r-bench.ts";
import { describeWith } from "#test/support/services.ts";
import { killHolder } from "./kill-holder.ts";

let bench: RBench;
/** A word in the command line of whatever hides: it has no other mark of ours. */
let word: string;
beforeEach(() => {
	bench = new RBench();
	word = `3${randomInt(1e9, 1e10)}`;
});
afterEach(() => bench.clean());

async function hidden(): Promise<string[]> {
	const commands: string[] = [];
	for await (const { pid } of allProcesses()) if (commandLine(pid).includes(word)) commands.push(commandLine(pid));
	return commands;
}

/** What is another process every moment is known by the line that each writes. */
const hopped = () => statSync(join(bench.path, "hops"), { throwIfNoEntry: false })?.size ?? 0;

async function expectNoneLeft(): Promise<void> {
	const before = hopped();
	expect(await hidden()).toEqual([]);
	await new Promise((resolve) => setTimeout(resolve, 50));
	expect(hopped()).toBe(before);
}

function commandLine(pid: number): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").slice(0, 100);
	} catch {
		return "";
	}
}

/** Processes that neither their session nor their environment tells to be ours, started by a shell; all end within a minute. */
const hiding = () => [
	`env -i setsid sleep 60 0.${word} &`,
	`env -i setsid sh -c 'setsid sleep 60 0.${word} & sleep 0' &`, // its parent is gone
	`setsid perl -e '$0 = q(${word} writes its name over its environment) . q( ) x 8000; sleep 60' &`,
	`env -i setsid perl -e '$end = time + 60; while (time < $end) { exit if fork; open($f, ">>", $ARGV[0]); print $f "\n"; close $f }' ${bench.path}/hops &`,
	`for i in $(seq 200); do env -i setsid sleep 60 0.${word} & done`,
];

/** A run that hides 204 processes, says so, waits for a word, and goes on. */
function hides(goesOn: string): AnalysisRequest {
	const start = hiding().map((command) => `system(${JSON.stringify(command)})`);
	const say = 'invisible(file.create(file.path(commandArgs(TRUE), "begun")))';
	return bench.request([...start, say, 'while (!file.exists("go")) Sys.sleep(0.01)', goesOn].join("\n"));
}

const allHide = () => until(async () => hopped() > 0 && (await hidden()).length >= 203, "all are there");

describeWith("r", "what a run starts is found and ended, wherever it hides", () => {
	describe.each(["fork", "spare"] as const)("engine %s", (engine) => {
		const itsR = engine === "spare" ? "Sys.getpid()" : parentOf("self");

		async function begun(goesOn: string) {
			const pool = bench.pool({ engine });
			const request = hides(goesOn);
			const lease = new AbortController();
			const running = pool.run(request, lease.signal);
			await until(() => existsSync(join(request.directory, "out/begun")), "the run is under way");
			await allHide();
			return {
				pool,
				running,
				lease,
				directory: request.directory,
				go: () => bench.file(join(request.id, "work", "go"), ""),
			};
		}

		test("after a run that completes", async () => {
			const { running, go } = await begun("1");
			go();
			expect((await running).outcome).toBe("completed");
			await until(async () => (await hidden()).length === 0, "they are gone");
			await expectNoneLeft();
		});

		test.each([
			["its process", "Sys.getpid()"],
			["the R that it was given to", itsR],
		])("when a script kills %s", async (_, pid) => {
			const { pool, running, go } = await begun(`tools::pskill(${pid}, 9L); Sys.sleep(60)`);
			go();
			expect((await running).cause).toMatchObject({ class: "transient", code: "R_KILLED" });
			await expectNoneLeft();
			await bench.complete(pool, "1");
		});

		test.each([
			["", "1"],
			[", whose script has stopped R's supervisor", `tools::pskill(${parentOf(itsR)}, 19L)`],
		])("when a run is taken back%s", async (_, before) => {
			const { pool, running, directory, lease, go } = await begun(`${before}; file.create("went"); Sys.sleep(60)`);
			go();
			await until(() => existsSync(join(directory, "work/went")), "it went on");
			lease.abort(new Error("the lease was lost"));
			expect((await running).cause).toMatchObject({ message: "killed by us: the lease was lost" });
			await expectNoneLeft();
			await bench.complete(pool, "1");
		});

		test("when the pool is closed", async () => {
			const { pool, running } = await begun("1");
			const told = expect(running).rejects.toMatchObject({ code: "POOL_CLOSED" });
			await pool.close(0);
			await told;
			await expectNoneLeft();
		});

		test("when the process that holds the pool is killed", async () => {
			await killHolder(bench, engine, hides("1"), allHide);
			await until(async () => (await hidden()).length === 0, "they are gone");
			await expectNoneLeft();
		});
	});
});

/** R code for the parent of a process. */
function parentOf(pid: string): string {
	const status = pid === "self" ? '"/proc/self/status"' : `paste0("/proc/", ${pid}, "/status")`;
	return `as.integer(sub("PPid:\\t", "", grep("^PPid", readLines(${status}), value = TRUE)))`;
}
