import { spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { application } from "#app/application.ts";
import { createProgram } from "#cli/program.ts";
import { loadSettings } from "#config/load.ts";
import { artifactKey, attemptPrefix, logName, manifestName } from "#domain/object-keys.ts";
import { placesIn } from "#domain/places.ts";
import { Running } from "#test/support/product.ts";
import { describeWith } from "#test/support/services.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };

function below(heading: string): string {
	return (readme.split(`\n## ${heading}\n`)[1] ?? "").split("\n## ")[0] as string;
}

/** The fenced blocks of a language, in the whole text or below one heading. */
function blocks(language: string, heading?: string): string[] {
	const text = heading === undefined ? readme : below(heading);
	return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
		([, body]) => body as string,
	);
}

const prose = readme.replaceAll(/^```[\s\S]*?^```/gm, "");
const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code as string);

describe("the README", () => {
	const { command: program } = createProgram(application);
	const called = [
		...blocks("sh").flatMap((block) => block.split("\n")),
		...spans,
		...[...below("Commands").matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell]) =>
			(cell as string).split(", ").map((code) => `watchrabbit ${code.replaceAll("`", "")}`),
		),
	].filter((line) => /^watchrabbit [a-z-]+( |$)/.test(line) && !/^watchrabbit wr_/.test(line));

	it("names every command", () => {
		for (const { name } of program.commands.map((command) => ({ name: command.name() }))) {
			expect(
				called.some((line) => line.startsWith(`watchrabbit ${name}`)),
				name,
			).toBe(true);
		}
	});

	it.each([...new Set(called)])("names what exists: %s", (line) => {
		const words = line.split(" ").slice(1);
		let command: Command = program;
		while (command.commands.length > 0) {
			const name = words.shift();
			const found = command.commands.find((each) => each.name() === name);
			expect(found, `no command ${name}`).toBeDefined();
			command = found as Command;
		}
		const known = command.options.flatMap(({ short, long }) => [short, long]);
		for (const option of words.filter((word) => word.startsWith("-"))) expect(known).toContain(option);
	});

	it("names npm scripts that exist", () => {
		const scripts = [...readme.matchAll(/\bnpm (?:run (?:-s )?)?(start|test|[a-z]+)\b/g)].map(([whole, name]) => ({
			whole,
			name,
		}));
		const ours = scripts.filter(({ whole }) => /run|start|test/.test(whole)).map(({ name }) => name as string);
		expect(ours.filter((name) => !(name in manifest.scripts))).toEqual([]);
	});

	it("links to files that exist", () => {
		const links = [...readme.matchAll(/\]\(((?!https?:)[^)#]+)\)/g)].map(([, link]) => link as string);
		expect(links.length).toBeGreaterThan(0);
		expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
	});

	it("names files, folders and R helpers that exist", () => {
		const rooms = spans.filter((code) => /^[\w-]+\/[\w/-]+$/.test(code) && !code.startsWith("watchrabbit/"));
		expect(rooms.filter((path) => !existsSync(join(root, path)))).toEqual([]);
		const sources = globSync(join(root, "r-workers/R/watchrabbit/R/*.R")).map((file) => readFileSync(file, "utf8"));
		const helpers = sources.join("").match(/^wr_\w+ <- function\(.*\)/gm);
		const named = spans.filter((code) => code.startsWith("wr_"));
		expect(named.map((code) => code.replace("(", " <- function(")).sort()).toEqual(helpers?.sort());
	});

	it("says where things lie", () => {
		const [layout] = blocks("text", "On disk");
		const { ledger, catalog, log, queue } = placesIn("");
		const objects = [
			artifactKey("JOB", 7, "NAME"),
			attemptPrefix("JOB", 7) + logName,
			attemptPrefix("JOB", 7) + manifestName,
		];
		const named = [ledger, catalog, log, queue, ...objects.map((key) => key.replace("7", "TOKEN"))];
		for (const name of named) expect(layout).toContain(name);
	});

	it("shows a configuration that is right", async () => {
		const directory = mkdtempSync(join(tmpdir(), "watchrabbit-readme-"));
		try {
			writeFileSync(join(directory, "watchrabbit.yaml"), blocks("yaml").join("\n"));
			const { settings } = await loadSettings(join(directory, "watchrabbit.yaml"), {}, { checkPlaces: false });
			expect(settings.pipelines.map(({ name }) => name)).toEqual(["elisa"]);
			expect(Object.values(settings.services)).not.toContain(undefined);
		} finally {
			rmSync(directory, { recursive: true });
		}
	});
});

describeWith("r", "the README's first lab", () => {
	const heading = "A lab of your own in five minutes";
	const directory = mkdtempSync(join(tmpdir(), "watchrabbit-readme-"));
	let up: Running | undefined;
	afterEach(() => {
		if (up?.child.exitCode === null) process.kill(-(up.child.pid as number), "SIGKILL");
	});
	afterAll(() => rmSync(directory, { recursive: true, maxRetries: 5 }));

	/** As typed into a shell that begins in the checkout. */
	function typed(folder: string, ...commands: readonly string[]): Running {
		const alias = blocks("sh", heading)[0];
		const script = ["shopt -s expand_aliases", alias, `cd '${join(directory, folder)}'`, ...commands].join("\n");
		const env = { ...process.env, NO_COLOR: "1", WATCHRABBIT_HTTP__LISTEN: "127.0.0.1:0" };
		const child = spawn("bash", ["-e", "-c", script], {
			cwd: root,
			env,
			detached: true,
			stdio: ["ignore", "pipe", "pipe"],
		});
		return new Running(child);
	}

	it("works as it is written, command by command", async () => {
		const [, layOut, look, start, second] = blocks("sh", heading) as [string, string, string, string, string];
		const first = await typed("", layOut, look).ended;
		expect(first.code, first.stderr).toBe(0);
		expect(first.stdout).toContain("mean_od = 0.3075 OD");
		expect(first.stdout).toContain("nothing was stored");

		up = typed("lab", start);
		const address = await up.address();
		await up.says(/plate-2\.csv analysed/);
		const asked = await typed(
			"lab",
			second.replace(/^sleep.*\n/m, "until watchrabbit list dead --json | grep -q dead; do sleep 0.2; done\n"),
		).ended;
		expect(asked.code, asked.stderr).toBe(0);
		expect(asked.stdout).toContain("mean_od 0.5225 OD");
		expect(asked.stdout).toContain(
			"plate is dead after 1 of 3 attempts, because trying again would not help: R_ERROR: od is not a number in every well",
		);
		expect(asked.stdout).toContain("unaccounted: 0");

		const [curls] = blocks("sh", "The read API") as [string];
		const answered = await typed(
			"lab",
			curls.replaceAll("http://127.0.0.1:8080", address).replaceAll("curl -s", "curl -sf -w '\\n'"),
		).ended;
		expect(answered.code, answered.stderr).toBe(0);
		const [measurements, dead, ready] = answered.stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(measurements.items).toHaveLength(2);
		expect(dead.items).toHaveLength(1);
		expect(ready.ok).toBe(true);

		process.kill(-(up.child.pid as number), "SIGINT");
		expect((await up.ended).code).toBe(0);
	}, 240_000);
});
