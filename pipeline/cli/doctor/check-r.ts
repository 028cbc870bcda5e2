import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { environmentFor } from "#domain/analysis-environment.ts";
import type { PoolSettings } from "#domain/settings.ts";
import type { Machine } from "../application.ts";
import { type Finding, ok, problem, reason, warning } from "./finding.ts";

const run = promisify(execFile);

/** Printed by R, a line each: its version, then every package asked for and whether it could be loaded. */
const questions = `cat(as.character(getRversion()), "\\n")
for (package in commandArgs(TRUE)) cat(package, suppressWarnings(requireNamespace(package, quietly = TRUE)), "\\n")`;

/** R and the packages of each pool, asked of R itself. */
export async function checkR(pools: readonly PoolSettings[], machine: Machine): Promise<Finding[]> {
	const findings: Finding[] = [];
	for (const pool of pools) findings.push(...(await checkPool(pool, machine)));
	return findings;
}

async function checkPool(
	{ name, engine, preload, rscript, environment, libraries }: PoolSettings,
	machine: Machine,
): Promise<Finding[]> {
	const subject = `pool ${name}`;
	const path = rscript ?? machine.findProgram("Rscript");
	if (engine === "wasm" || (engine === "auto" && path === undefined)) return withoutR(subject, engine, preload);
	if (path === undefined) {
		const fix = "Install R (https://cran.r-project.org), set rscript, or write engine: wasm.";
		return [problem("R", subject, `engine: ${engine}, but there is no Rscript in PATH`, fix)];
	}
	try {
		const { stdout } = await run(path, ["--vanilla", "-e", questions.replaceAll("\n", ";"), ...preload], {
			timeout: 60_000,
			env: environmentFor(process.env, environment, libraries),
		});
		const [version = "", ...packages] = stdout.trim().split(/\s*\n/);
		return [
			ok("R", subject, `R ${version} at ${path}`),
			...checkKeepers(subject, machine),
			...packages.map((line) => packageFinding(subject, line, path)),
		];
	} catch (error) {
		return [problem("R", subject, `${path} does not run (${reason(error)})`, `See what it says: ${path} --version`)];
	}
}

/** The programs that hold the R of this machine to what was promised; webR needs none. */
function checkKeepers(subject: string, machine: Machine): Finding[] {
	return keepers
		.filter(({ program }) => machine.findProgram(program) === undefined)
		.map(({ program, says, fix }) => warning("limits", subject, `there is no ${program} in PATH: ${says}`, fix));
}

const keepers = [
	{
		program: "prlimit",
		says: "memory is limited for R's own objects alone, and open files are not",
		fix: "Install util-linux (Debian, Ubuntu: apt install util-linux).",
	},
	{
		program: "perl",
		says: "a program that an analysis starts and hides may outlive it",
		fix: "Install perl (Debian, Ubuntu: apt install perl-base).",
	},
] as const;

function packageFinding(subject: string, line: string, rscript: string): Finding {
	const [name = "", loaded] = line.split(" ");
	if (loaded === "TRUE") return ok("packages", subject, `${name} can be loaded`);
	const fix = `${rscript} -e 'install.packages("${name}")', or take it out of preload.`;
	return problem("packages", subject, `${name} cannot be loaded`, fix);
}

function withoutR(subject: string, engine: PoolSettings["engine"], preload: readonly string[]): Finding[] {
	const chosen = "analyses run in webR (R in WebAssembly)";
	const base =
		engine === "wasm"
			? ok("R", subject, `${chosen}, as engine: wasm says`)
			: warning(
					"R",
					subject,
					`there is no Rscript in PATH: ${chosen}`,
					"Install R for speed and for packages, or write engine: wasm.",
				);
	const missing = preload.map((name) => {
		const fix = "Install R and the package, or take it out of preload.";
		return warning("packages", subject, `${name}: webR brings base R, and gets packages from the network alone`, fix);
	});
	return [base, ...missing];
}
