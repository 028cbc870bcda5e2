import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const command = fileURLToPath(new URL("../../deploy/dev/test.ts", import.meta.url));
const support = new URL("../support/services.ts", import.meta.url).href;

describe("npm test, on a project of its own", () => {
	let project: string;
	beforeEach(async () => {
		project = await mkdtemp(join(tmpdir(), "watchrabbit-test-command-"));
		await writeFile(join(project, "vitest.config.ts"), "export default { test: { globals: true } };");
		// A machine without R, and without a way to install it: nothing but Node is in its PATH.
		await mkdir(join(project, "bin"));
		await symlink(process.execPath, join(project, "bin", "node"));
	});
	afterEach(async () => {
		await rm(project, { recursive: true });
	});

	const sample = (...tests: string[]) => writeFile(join(project, "sample.test.ts"), tests.join("\n"));
	const needsR = `import { describeWith } from "${support}"; describeWith("r", "R", () => it("adds", () => {}));`;

	async function npmTest(environment: NodeJS.ProcessEnv = {}) {
		const child = spawn(process.execPath, ["--conditions=source", command, "--root", project], {
			env: { HOME: project, PATH: join(project, "bin"), NO_COLOR: "1", ...environment },
			stdio: ["ignore", "pipe", "ignore"],
		});
		const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
		return { code: code as number, output, lastLine: output.trimEnd().split("\n").at(-1) };
	}

	it("ends with 0 and a plain line that counts the tests", async () => {
		await sample(`it("a", () => {}); it("b", () => {});`);
		expect(await npmTest()).toMatchObject({ code: 0, lastLine: "2 passed, 0 failed, 0 skipped" });
	});

	it("ends with 1 when a test fails", async () => {
		await sample(`it("a", () => {}); it("b", () => { throw new Error("no"); });`);
		expect(await npmTest()).toMatchObject({ code: 1, lastLine: "1 passed, 1 failed, 0 skipped" });
	});

	it("ends with 1 when no test ran", async () => {
		await sample(`it.skip("a", () => {});`);
		expect(await npmTest()).toMatchObject({ code: 1, lastLine: "0 passed, 0 failed, 1 skipped" });
	});

	it("skips what needs a missing service, and says what is missing and how to get it", async () => {
		await sample(`it("a", () => {});`, needsR);
		const { code, output, lastLine } = await npmTest();
		expect({ code, lastLine }).toEqual({ code: 0, lastLine: "1 passed, 0 failed, 1 skipped" });
		expect(output).toContain("1 skipped: R (Rscript) is missing; get it by apt-get install r-base-core");
	});

	it("fails for a missing service under CI=true", async () => {
		await sample(`it("a", () => {});`, needsR);
		expect(await npmTest({ CI: "true" })).toMatchObject({ code: 1, lastLine: "1 passed, 1 failed, 0 skipped" });
	});

	it("takes a service from where its environment variable says it is", async () => {
		await sample(`it("a", () => {});`, needsR);
		await writeFile(join(project, "Rscript"), "", { mode: 0o755 });
		const { code, output, lastLine } = await npmTest({ WATCHRABBIT_TEST_RSCRIPT: join(project, "Rscript") });
		expect({ code, lastLine }).toEqual({ code: 0, lastLine: "2 passed, 0 failed, 0 skipped" });
		expect(output).toContain(`R (Rscript): ${join(project, "Rscript")} (from the environment)`);
	});
});
