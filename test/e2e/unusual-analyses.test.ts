import { readdirSync, readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Why } from "#test/support/lab.ts";
import { eventually } from "#test/support/product.ts";
import { now, RunningLab } from "#test/support/running-lab.ts";
import { describeWith } from "#test/support/services.ts";

/** What an analysis does, and how its pipeline is told to the product beside the script. */
const scripts: Readonly<Record<string, { readonly script: string; readonly settings?: string }>> = {
	syntax: { script: "x <- 1\ny <- (2 +\nz <- }\n" },
	stop: { script: 'check <- function(f) stop("the plate is empty: ", f)\ncheck("A1")\n' },
	quit: { script: 'cat("leaving\\n")\nq(status = 3)\n' },
	"quit-well": { script: 'cat("done here\\n")\nq()\n' },
	segfault: {
		script: "tools::pskill(Sys.getpid(), 11L)\nSys.sleep(30)\n",
		settings: "retry: { attempts: 2, backoff: 100ms }",
	},
	killed: {
		script: "tools::pskill(Sys.getpid(), 9L)\nSys.sleep(30)\n",
		settings: "retry: { attempts: 2, backoff: 100ms }",
	},
	endless: { script: 'cat("round and round\\n")\nrepeat {}\n', settings: "timeout: 1s" },
	hog: { script: "x <- list()\nfor (i in 1:4000) x[[i]] <- runif(1e6)\n", settings: "pool: small" },
	chatter: {
		script: 'line <- strrep("0123456789", 1e5)\nfor (i in 1:1000) cat(line, "\\n")\n',
		settings: "pool: small",
	},
	orphan: {
		script: 'system("setsid sleep 4711 > /dev/null 2>&1 &")\nSys.sleep(0.2)\nwr_measure("left", 1)\n',
	},
};

function pipelines(): string {
	return Object.entries(scripts)
		.map(([name, { settings }]) => {
			const more = settings === undefined ? "" : `\n    ${settings}`;
			return `  ${name}:\n    from: instrument\n    analysis: ./${name}.R${more}\n`;
		})
		.join("");
}

describeWith("r", "an analysis that", () => {
	let running: RunningLab;

	beforeAll(async () => {
		running = await RunningLab.start({
			source: `    complete: { quiet: 100ms }
  late:
    watch: ./late
    complete: { quiet: 100ms }`,
			more: `${pipelines()}
  loaded:
    from: instrument
    analysis: ./stop.R
    pool: broken
  gone:
    from: late
    analysis: ./gone.R
pools:
  default: { workers: 2 }
  small: { workers: 1, memory: 300MB, output: 1MB }
  broken: { workers: 1, preload: [notThere] }
`,
			files: {
				...Object.fromEntries(Object.entries(scripts).map(([name, { script }]) => [`${name}.R`, script])),
				"gone.R": 'wr_measure("back", 1)\n',
				"late/.keep": "",
			},
		});
		await running.lab.write("data/plate.csv", "1;2;3\n");
	});

	afterAll(async () => {
		await running?.end();
	});

	async function dead(pipeline: string) {
		const { cause, attemptsUsed } = await running.job(pipeline, ({ state }) => state === "dead");
		return { ...cause, attemptsUsed };
	}

	it("runs well is not held up by all the others", async () => {
		const [result] = await running.results("plate.csv", (all) => all.some(({ pipeline }) => pipeline === "count"));
		expect(result?.state).toBe("current");
	});

	it("has a syntax error is dead at once, with the line and the column", async () => {
		expect(await dead("syntax")).toMatchObject({
			code: "R_SYNTAX",
			message: expect.stringMatching(/3:6|line 3/),
			fix: expect.stringContaining("Correct the script"),
			attemptsUsed: 1,
		});
	});

	it("calls stop() is dead at once, with its message, its call and its traceback", async () => {
		expect(await dead("stop")).toMatchObject({
			code: "R_ERROR",
			message: "the plate is empty: A1",
			call: expect.stringContaining('check("A1")'),
			attemptsUsed: 1,
		});
		expect(now(await running.why("plate.csv"))).toContain(
			"stop is dead after 1 of 3 attempts, because trying again would not help: R_ERROR: the plate is empty: A1",
		);
	});

	it("calls q() with a status is dead, and says so", async () => {
		expect(await dead("quit")).toMatchObject({
			code: "R_QUIT",
			message: expect.stringContaining("3"),
			attemptsUsed: 1,
		});
	});

	it("crashes is tried again, then dead", async () => {
		expect(await dead("segfault")).toMatchObject({
			code: "R_CRASHED",
			message: expect.stringContaining("segfault"),
			attemptsUsed: 2,
		});
	});

	it("is killed by somebody else says that it was not us", async () => {
		expect(await dead("killed")).toMatchObject({
			code: "R_KILLED",
			message: expect.stringContaining("not by us"),
			attemptsUsed: 2,
		});
	});

	it("never ends is killed at its timeout, which is named with the way to raise it", async () => {
		expect(await dead("endless")).toMatchObject({
			code: "R_TIMEOUT",
			message: "killed by us: it ran longer than its timeout of 1 s",
			fix: expect.stringContaining("timeout"),
		});
	});

	it("takes more memory than its pool allows fails with that reason", async () => {
		expect(await dead("hog")).toMatchObject({ code: "R_MEMORY", fix: expect.stringContaining("memory") });
	});

	it("prints 1 GB is ended at the limit, and its log stays small", async () => {
		expect(await dead("chatter")).toMatchObject({
			code: "R_OUTPUT_LIMIT",
			message: expect.stringContaining("1000000 bytes"),
		});
	});

	it("leaves a process behind has it taken away, also from another session", async () => {
		await running.job("orphan", ({ state }) => state === "completed");
		await eventually(
			() => (sleepers().length === 0 ? true : undefined),
			() => "the sleeper is gone",
		);
	});

	it("is missing from the disk is waited for, which the log, the health and why say; it goes on when it is back", async () => {
		const script = running.lab.path("gone.R");
		await rename(script, `${script}.aside`);
		await running.lab.write("late/plate.csv", "4;5;6\n");
		await running.up.says(/gone\.R cannot be read/);
		expect(await running.troubles()).toContainEqual(expect.stringMatching(/pipeline gone: .*gone\.R cannot be read/));
		await running.file("plate.csv", "settled");
		const [why] = await running.lab.json<Why>("why", "late/plate.csv");
		expect(now(why as Why)).toMatch(/^settled: .*pipeline gone waits for its analysis .*gone\.R/);
		await rename(`${script}.aside`, script);
		await running.job("gone", ({ state }) => state === "completed");
		await running.up.says(/gone\.R is back/);
		expect(await running.troubles()).not.toContainEqual(expect.stringContaining("gone.R"));
	});

	it("needs a package that is not there waits visibly: its pool says which, the other pools work", async () => {
		await running.up.says(/notThere cannot be loaded|package notThere/);
		expect(await running.troubles()).toContainEqual(expect.stringMatching(/pool broken: .*notThere/));
		const { stdout, code } = await running.lab.run("doctor");
		expect(stdout).toContain('install.packages("notThere")');
		expect(code).toBe(1);
	});
});

function sleepers(): string[] {
	return readdirSync("/proc").filter((pid) => {
		try {
			return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8") === "sleep\u00004711\u0000";
		} catch {
			return false;
		}
	});
}
