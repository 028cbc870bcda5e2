import { chmodSync, existsSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createLab, type ListedResult, measured, untilIdle } from "#test/support/lab.ts";
import type { Product } from "#test/support/product.ts";
import { now, whyOf } from "#test/support/running-lab.ts";
import { describeWith, requireR } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

let lab: Product;

afterEach(async () => {
	await lab.remove();
});

describe("a machine without R", () => {
	const programs = temporaryDirectory();
	const environment = { PATH: programs.path };

	beforeAll(() => {
		for (const directory of ["/usr/local/bin", "/usr/bin", "/bin"]) linkAllButR(directory, programs.path);
	});

	afterAll(() => {
		programs.remove();
	});

	it("where the pool asks for it is told so, with the way out, by up and by doctor; nothing is lost", async () => {
		lab = await createLab({ more: "pools:\n  default: { engine: fork }\n", environment });
		await lab.write("data/plate.csv", "1;2;3\n");
		const ended = await untilIdle(lab);
		expect(ended.code).toBe(3);
		expect(ended.stderr).toMatch(/R_MISSING/);
		expect(ended.stderr).toMatch(/Install R/);
		const doctor = await lab.run("doctor");
		expect(doctor.code).toBe(1);
		expect(doctor.stdout).toContain("Install R (https://cran.r-project.org), set rscript, or write engine: wasm.");
		expect(now(await whyOf(lab, "plate.csv"))).toMatch(/^settled: count waits in the queue/);
		expect((await lab.run("verify")).stdout).toContain("unaccounted: 0");
	});

	it("chooses webR by itself, and says so", async () => {
		lab = await createLab({ environment });
		await lab.write("data/plate.csv", "1;2;3\n");
		const ended = await untilIdle(lab);
		expect(ended.code, ended.stderr).toBe(0);
		expect(ended.stderr).toMatch(/engine wasm \(no Rscript in PATH: webR brings its own R\)/);
		const [result] = await lab.json<ListedResult>("list", "results");
		expect(measured(result, "bytes")).toBe(6);
	});
});

describeWith("r", "an R that is gone in the middle of the work", () => {
	/** The first of its runs takes R away, and the one away that is warm. */
	const script = `if (!file.exists("RSCRIPT.was-away")) {
	file.create("RSCRIPT.was-away")
	file.rename("RSCRIPT", "RSCRIPT.aside")
	status <- readLines("/proc/self/status")
	tools::pskill(as.integer(sub("PPid:\\t", "", grep("^PPid", status, value = TRUE))), 9L)
	repeat Sys.sleep(1)
}
`;

	it("keeps the jobs that are left for its return, and `up --until-idle` does not wait for that", async () => {
		lab = await createLab({
			more: "pools:\n  default: { workers: 1, rscript: ./Rscript }\n",
			pipeline: "    retry: { attempts: 3, backoff: 100ms }",
		});
		const rscript = lab.path("Rscript");
		await lab.write("Rscript", `#!/bin/sh\nexec ${requireR()} "$@"\n`);
		chmodSync(rscript, 0o755);
		await lab.write("count.R", script.replaceAll("RSCRIPT", rscript));
		await lab.write("data/plate.csv", "1;2;3\n");
		const ended = await untilIdle(lab);
		expect(ended.code, ended.stderr).toBe(3);
		expect(ended.stderr).toMatch(/R_MISSING.*Install R/);
		expect(now(await whyOf(lab, "plate.csv"))).toMatch(
			/^settled: count (waits in the queue|.* is tried again .*R_MISSING)/,
		);
		renameSync(`${rscript}.aside`, rscript);
		const again = await untilIdle(lab);
		expect(again.code, again.stderr).toBe(0);
		expect(now(await whyOf(lab, "plate.csv"))).toMatch(/^analysed: count has result/);
	});
});

function linkAllButR(from: string, to: string): void {
	for (const name of readdirSync(from)) {
		if (name === "R" || name === "Rscript" || existsSync(join(to, name))) continue;
		symlinkSync(join(from, name), join(to, name));
	}
}
