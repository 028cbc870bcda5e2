import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Machine } from "#cli/application.ts";
import { checkR } from "#cli/doctor/check-r.ts";
import { watchMode } from "#connectors/file/file-system-type.ts";
import type { PoolSettings } from "#domain/settings.ts";
import { noServices } from "#test/support/embedded.ts";
import { poolSettings } from "#test/support/pool-settings.ts";
import { describeWith, requireR } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const ask = (libraries: readonly string[], preload: readonly string[]) =>
	askWith(() => requireR(), poolSettings({ name: "big", libraries, preload }));

const askWith = (findProgram: Machine["findProgram"], pool: PoolSettings) =>
	checkR([pool], { services: noServices, watchMode, findProgram });

describeWith("r", "doctor asks R", () => {
	test("as the pool has it, with its libraries", async () => {
		const library = temporaryDirectory();
		try {
			const source = fileURLToPath(new URL("../../../r-workers/R/watchrabbit", import.meta.url));
			execFileSync("R", ["CMD", "INSTALL", "--no-docs", `--library=${library.path}`, source], { stdio: "ignore" });
			const [, found] = await ask([library.path], ["watchrabbit"]);
			expect(found).toMatchObject({ state: "ok", says: "watchrabbit can be loaded" });
			const [, missing] = await ask([], ["watchrabbit"]);
			expect(missing).toMatchObject({ state: "problem" });
		} finally {
			library.remove();
		}
	});

	test("for its version, and which packages of a pool it can load", async () => {
		const findings = await ask([], ["stats", "no.such.package"]);
		expect(findings).toMatchObject([
			{ check: "R", subject: "pool big", state: "ok", says: expect.stringMatching(/^R \d+\.\d+\.\d+ at .*Rscript$/) },
			{ check: "packages", state: "ok", says: "stats can be loaded" },
			{ check: "packages", state: "problem", says: "no.such.package cannot be loaded" },
		]);
	});

	test("for what cannot be held to, where the machine lacks the programs that do", async () => {
		const findings = await askWith((name) => (name === "Rscript" ? requireR() : undefined), poolSettings());
		expect(findings.slice(1)).toMatchObject([
			{
				check: "limits",
				subject: "pool default",
				state: "warning",
				says: expect.stringMatching(/^there is no prlimit in PATH: memory is/),
			},
			{
				check: "limits",
				subject: "pool default",
				state: "warning",
				says: expect.stringMatching(/^there is no perl in PATH: a program that/),
			},
		]);
	});
});
