import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { problemKinds } from "#api/problems.ts";
import type { Application } from "#cli/application.ts";
import { exitCodeOf, exitCodes, unreachableCodes, usageCodes } from "#cli/exit-code.ts";
import { createProgram } from "#cli/program.ts";
import { permanent, transient } from "#core/errors.ts";
import { noServices } from "#test/support/embedded.ts";
import { paper } from "#test/support/small-lab.ts";

/** An application that fails as it is told to, or ends as it is told to, and keeps what it was asked for. */
function application(ending: number | Error = 0): { app: Application; asked: unknown[] } {
	const asked: unknown[] = [];
	const end = async (options: unknown) => {
		asked.push(options);
		if (ending instanceof Error) throw ending;
		return ending;
	};
	const machine = {
		services: noServices,
		watchMode: () => Promise.reject(new Error("not asked")),
		findProgram: () => undefined,
	};
	const open = () => Promise.reject(ending instanceof Error ? ending : new Error("not opened"));
	const asks = { open, openStore: open, operate: open, processes: open };
	return { asked, app: { ...asks, up: end, demo: end, tryAnalysis: end, machine } };
}

async function run(argv: readonly string[], ending: number | Error = 0) {
	const { terminal, printed } = paper("/lab");
	const { app, asked } = application(ending);
	const exitCode = await createProgram(app, terminal).run(argv);
	return { exitCode, asked, ...printed() };
}

function all(command: Command): Command[] {
	return command.commands.flatMap((below) => [below, ...all(below)]);
}

function nameOf(command: Command): string {
	return command.parent?.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
}

const commands = all(createProgram(application().app, paper("/lab").terminal).command).filter(
	({ commands: below }) => below.length === 0,
);

describe("every command", () => {
	test.each(commands.map(nameOf))("%s shows an example of itself that names options which exist", async (name) => {
		const { exitCode, stdout } = await run([...name.split(" "), "--help"]);
		expect(exitCode).toBe(0);
		const examples = stdout.split("\n").filter((line) => line.startsWith("  $ watchrabbit "));
		expect(examples.length).toBeGreaterThan(0);
		const known = stdout.slice(0, stdout.indexOf("Example")).match(/--[a-z-]+/g) ?? [];
		for (const example of examples) {
			expect(example).toContain(`watchrabbit ${name}`);
			for (const option of example.split("|")[0]?.match(/--[a-z-]+/g) ?? []) expect(known).toContain(option);
		}
	});

	test("that has commands of its own shows an example as well, and lists those that do something", async () => {
		const { stdout } = await run(["config", "--help"]);
		expect(stdout).toContain("Examples:\n  $ watchrabbit config check");
		expect(stdout).not.toContain("help [command]");
	});

	test("that reads a configuration takes -c", () => {
		const without = commands.filter(({ options }) => !options.some(({ short }) => short === "-c")).map(nameOf);
		expect(without.toSorted()).toEqual(["config schema", "demo", "init"]);
	});

	test("is in the help of the program", async () => {
		const { stdout } = await run(["--help"]);
		for (const { parent, name } of commands.map((command) => ({ parent: command.parent, name: command.name() }))) {
			expect(stdout).toContain(parent?.parent ? parent.name() : name);
		}
		expect(stdout).toContain("Exit codes: 0 done, 1 failed or differs, 2 usage or configuration, 3 out of reach");
	});
});

describe("up, demo and try", () => {
	test("hand on what they were asked for, and end as the application ends", async () => {
		expect(await run(["up", "--roles", "work,watch", "--until-idle", "-c", "lab.yaml"], 1)).toMatchObject({
			exitCode: 1,
			asked: [{ config: "lab.yaml", roles: ["watch", "work"], untilIdle: true, json: false }],
		});
		expect(await run(["up"])).toMatchObject({
			asked: [{ roles: ["watch", "flow", "work", "serve"], untilIdle: false, observe: undefined }],
		});
		expect(await run(["up", "--observe"])).toMatchObject({ asked: [{ observe: { directory: undefined } }] });
		expect(await run(["up", "--observe", "here"])).toMatchObject({ asked: [{ observe: { directory: "/lab/here" } }] });
		expect(await run(["demo", "--keep", "here"])).toMatchObject({ exitCode: 0, asked: [{ keep: "/lab/here" }] });
		expect(await run(["try", "a.csv", "--pipeline", "elisa"])).toMatchObject({
			asked: [{ file: "/lab/a.csv", pipeline: "elisa" }],
		});
	});

	test("refuse a role that does not exist", async () => {
		const { exitCode, stderr } = await run(["up", "--roles", "cook"]);
		expect(exitCode).toBe(2);
		expect(stderr).toBe('USAGE_ROLE: there is no role "cook"\n→ Use some of watch, flow, work, serve.\n');
	});
});

describe("an error", () => {
	test("is told by its code, its message and its fix, on standard error, without a stack", async () => {
		const error = permanent("LOCKED", "another runs", { fix: "Stop it." });
		expect(await run(["up"], error)).toMatchObject({
			exitCode: 1,
			stdout: "",
			stderr: "LOCKED: another runs\n→ Stop it.\n",
		});
	});

	test("shows its stack and its cause with --debug", async () => {
		const error = permanent("LOCKED", "another runs", { cause: new Error("EBUSY") });
		const { stderr } = await run(["up", "--debug"], error);
		expect(stderr).toMatch(/LOCKED: another runs\n.*\n\s+at /);
		expect(stderr).toContain("caused by Error: EBUSY");
	});

	test.each([
		["a usage", permanent("USAGE_ROLE", ""), exitCodes.usage],
		["a configuration", permanent("CONFIG_INVALID", ""), exitCodes.usage],
		["a neighbour that is away", transient("EIO", ""), exitCodes.unreachable],
		["R that is not there", permanent("R_MISSING", ""), exitCodes.unreachable],
		["a pipeline that is not configured", permanent("PIPELINE_UNKNOWN", ""), exitCodes.usage],
		["anything else", permanent("LOCKED", ""), exitCodes.failed],
	])("of %s has its exit code", (_what, error, code) => {
		expect(exitCodeOf(error)).toBe(code);
	});

	test.each([[[]], [["fly"]], [["list"]], [["list", "dishes"]], [["up", "--fast"]], [["try", "a.csv"]], [["replay"]]])(
		"of usage ends with 2: %j",
		async (argv) => {
			const { exitCode, stdout, stderr } = await run(argv);
			expect(exitCode).toBe(2);
			expect(stdout).toBe("");
			expect(stderr).not.toBe("");
		},
	);
});

test("every code that has a meaning of its own, as an exit code or an HTTP status, is one that is thrown", () => {
	const root = new URL("../../../", import.meta.url).pathname;
	const thrown = globSync("{pipeline,connectors,r-workers,stages,observability}/**/*.ts", { cwd: root })
		.filter((file) => !file.endsWith("cli/exit-code.ts") && !file.includes("api/problem-kinds/"))
		.map((file) => readFileSync(join(root, file), "utf8"))
		.join("");
	const meant = [...unreachableCodes, ...usageCodes, ...Object.keys(problemKinds)];
	expect(meant.filter((code) => !thrown.includes(`"${code}"`))).toEqual([]);
});

test("the version is the package's", async () => {
	const { exitCode, stdout } = await run(["--version"]);
	expect(exitCode).toBe(0);
	expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
