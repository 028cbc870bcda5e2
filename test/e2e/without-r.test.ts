import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createLab, type ListedResult, measured, untilIdle } from "#test/support/lab.ts";
import type { Product } from "#test/support/product.ts";
import { now, whyOf } from "#test/support/running-lab.ts";
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

function linkAllButR(from: string, to: string): void {
	for (const name of readdirSync(from)) {
		if (name === "R" || name === "Rscript" || existsSync(join(to, name))) continue;
		symlinkSync(join(from, name), join(to, name));
	}
}
