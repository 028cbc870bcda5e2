import { expect, test } from "vitest";
import { createProgram } from "#cli/program.ts";
import { configJsonSchema } from "#config/schema.ts";
import { minimal, workspace } from "#test/support/config-workspace.ts";
import { paper, SmallLab } from "#test/support/small-lab.ts";

/** What a command line prints in a directory, and what it ends with. */
async function run(directory: string, ...argv: string[]) {
	const lab = new SmallLab();
	const { terminal, printed } = paper(directory);
	const exitCode = await createProgram(lab.application(), terminal).run(argv);
	lab.directory.remove();
	return { exitCode, ...printed() };
}

test("config check says that all is right, with 0", async () => {
	const { directory, write } = workspace();
	const file = write("watchrabbit.yaml", minimal);
	expect(await run(directory, "config", "check")).toEqual({ exitCode: 0, stdout: `right ${file}\n`, stderr: "" });
});

test("config check shows all that is wrong, and ends with 2", async () => {
	const { directory, write } = workspace();
	write("lab.yaml", `${minimal}dta: x\n`);
	const { exitCode, stdout, stderr } = await run(directory, "config", "check", "-c", "lab.yaml");
	expect(exitCode).toBe(2);
	expect(stdout).toBe("");
	expect(stderr).toBe(`CONFIG_INVALID: lab.yaml: 1 problem

lab.yaml:5:1: unknown key "dta"
  5 | dta: x
    | ^^^
  Did you mean "data"?
→ Correct what is shown, then look again with: watchrabbit config check
`);
});

test("config schema prints the JSON Schema", async () => {
	const { stdout } = await run(workspace().directory, "config", "schema");
	expect(JSON.parse(stdout)).toEqual(configJsonSchema());
});

test("config explain gives one object a line to programs", async () => {
	const { directory, write } = workspace();
	write("watchrabbit.yaml", minimal);
	const { stdout } = await run(directory, "config", "explain", "--json");
	const rows = stdout
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as { key: string });
	expect(rows.find(({ key }) => key === "pipelines.elisa.from")).toEqual({
		key: "pipelines.elisa.from",
		value: "plates",
		from: { kind: "file", file: "watchrabbit.yaml", line: 4, column: 18 },
		description: "The source whose acquisitions come in.",
	});
	expect((await run(directory, "config", "explain")).stdout).toContain("pools.default.workers");
});

test("doctor prints one object a line, and ends with 1 when something is to be mended", async () => {
	const { directory, write } = workspace();
	write("watchrabbit.yaml", `${minimal.replace("watch: in", "watch: away")}http: { listen: '127.0.0.1:0' }\n`);
	const { exitCode, stdout } = await run(directory, "doctor", "--json");
	const findings = stdout
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as { state: string });
	expect(exitCode).toBe(1);
	expect(Object.keys(findings[0] ?? {})).toEqual(["check", "subject", "state", "says", "fix"]);
	expect(findings.some(({ state }) => state === "problem")).toBe(true);
});
