import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeWith, requireR } from "#test/support/services.ts";
import { until } from "#test/support/spine.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { WorkLab } from "#test/support/work-lab.ts";

/** Kills the warm R that it runs in, if its input says so. */
const script = `args <- commandArgs(trailingOnly = TRUE)
if (identical(readLines(args[1], 1L, warn = FALSE), "kill")) {
	tools::pskill(as.integer(sub("PPid:\\t", "", grep("^PPid", readLines("/proc/self/status"), value = TRUE))), 9L)
	repeat Sys.sleep(1)
}
wr_measure("bytes", file.size(args[1]))
`;

describeWith("r", "an R that is taken away and brought back while it works", () => {
	let programs: ReturnType<typeof temporaryDirectory>;
	let rscript: string;
	let lab: WorkLab;

	beforeEach(async () => {
		programs = temporaryDirectory();
		rscript = join(programs.path, "Rscript");
		writeFileSync(rscript, `#!/bin/sh\nexec ${requireR()} "$@"\n`);
		chmodSync(rscript, 0o755);
		lab = await WorkLab.open(rscript, script, { retry: { attempts: 1, backoffMs: 10, maxBackoffMs: 10 } });
		lab.start();
	});
	afterEach(async () => {
		await lab.close();
		programs.remove();
	});

	async function taken(): Promise<void> {
		lab.write("first.csv", "12345");
		await lab.becomes(await lab.settle("first.csv"), "completed");
		renameSync(rscript, `${rscript}.aside`);
		lab.write("kill.csv", "kill");
		await lab.becomes(await lab.settle("kill.csv"), "dead");
	}

	it("puts the jobs off that came meanwhile, which use no attempt and are completed later", async () => {
		await taken();
		lab.write("second.csv", "123");
		const job = await lab.settle("second.csv");
		await until("it is put off", () => lab.spine.events("job.failed").some(({ outcome }) => outcome === "lost"));
		expect(await lab.spine.catalog.job(job)).toMatchObject({ attemptsUsed: 0, cause: { code: "R_MISSING" } });
		await until("its pool is known to be stuck", () => lab.role.stuck.has("default"));
		lab.write("third.csv", "1");
		const another = await lab.settle("third.csv");
		await until("another waits in the queue", async () => (await lab.spine.queue.depth("default")).waiting > 0);
		renameSync(`${rscript}.aside`, rscript);
		await lab.becomes(job, "completed");
		await lab.becomes(another, "completed");
		expect((await lab.spine.catalog.job(job))?.attemptsUsed).toBe(1);
		expect(lab.role.stuck.size).toBe(0);
		expect(lab.spine.events("pool.trouble")).toMatchObject([{ error: { code: "R_MISSING" } }]);
		expect(lab.spine.events("pool.ready")).toHaveLength(2);
	});

	it("holds up no drain", async () => {
		await taken();
		lab.write("second.csv", "123");
		const job = await lab.settle("second.csv");
		await until("its pool is known to be stuck", () => lab.role.stuck.has("default"));
		await lab.role.drain(30_000);
		expect(await lab.spine.catalog.job(job)).toMatchObject({ attemptsUsed: 0 });
	});
});
