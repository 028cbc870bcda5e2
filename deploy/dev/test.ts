import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provideServices } from "./provide-services.ts";
import { type FileReport, tallyOf } from "./tally.ts";

/** `npm test [-- WHAT VITEST TAKES]`: services, all tests, and one plain last line that counts them. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const provided = provideServices(process.env, (line) => console.log(`test: ${line}`));

const scratch = mkdtempSync(join(tmpdir(), "watchrabbit-test-"));
const report = join(scratch, "report.json");
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
const vitest = fileURLToPath(import.meta.resolve("vitest/package.json").replace("package.json", "vitest.mjs"));
const child = spawn(process.execPath, [vitest, "run", ...reporters, ...process.argv.slice(2)], {
	cwd: root,
	env: provided.environment,
	stdio: ["ignore", "inherit", "inherit"],
});
// An interrupt reaches vitest as well; the count of what ran until then is still told.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
const [exitCode] = (await once(child, "exit")) as [number | null];
provided.end();

const files = existsSync(report)
	? (JSON.parse(readFileSync(report, "utf8")) as { testResults: FileReport[] }).testResults
	: undefined;
rmSync(scratch, { recursive: true, force: true });
const { passed, failed, skipped, reasons } = tallyOf(files, exitCode);
for (const [reason, tests] of reasons) console.log(`test: ${tests} skipped: ${reason}`);
const nothingRan = passed + failed === 0;
if (nothingRan) console.log("test: no test ran, which counts as a failure");
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || nothingRan ? 1 : 0;
