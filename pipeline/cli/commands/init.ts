import { relative, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exampleOf, type InitReport, init } from "#config/init/init.ts";
import { type CommandContext, example, type Register } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import type { Terminal } from "../terminal.ts";

interface InitOptions {
	readonly analysis?: string;
	readonly template?: string;
	readonly force?: true;
}

const looks = 10;
const betweenLooksMs = 400;

export const registerInit: Register = (program, context) => {
	const command = program
		.command("init")
		.description("look at a directory, and write a configuration for it that says why")
		.argument("<directory>", "where the instrument writes")
		.option("--analysis <file>", "the R script to run (default: a template that fits what is there, written beside)")
		.option("--template <name>", "the template to write, such as report or plate-heat-map")
		.option("--force", "write over a watchrabbit.yaml that is there")
		.action(context.action((watch: string, options: InitOptions) => run(context, watch, options)));
	example(command, "init /data/plate-reader --analysis elisa.R");
};

async function run({ terminal }: CommandContext, watch: string, { analysis, template, force }: InitOptions) {
	const { directory } = terminal;
	terminal.tell(`looking at ${resolve(directory, watch)} for ${(looks * betweenLooksMs) / 1000} s ...\n`);
	const report = await init({
		watch,
		directory,
		analysis,
		template,
		force: force === true,
		looks,
		wait: () => delay(betweenLooksMs),
	});
	tellReport(report, resolve(directory, watch), terminal);
	return exitCodes.done;
}

function tellReport(report: InitReport, root: string, { tell, directory, sideColours }: Terminal): void {
	const { proposal, written, warnings } = report;
	for (const line of proposal.seen) tell(`  ${line}\n`);
	for (const file of written) tell(`${sideColours.green("wrote")} ${relative(directory, file) || file}\n`);
	for (const warning of warnings) tell(`${sideColours.yellow("note")} ${warning}\n`);
	const sample = exampleOf(report, root);
	tell("\nRead watchrabbit.yaml: every setting says why it was chosen. Then:\n");
	if (sample !== undefined)
		tell(`  watchrabbit try '${relative(directory, sample) || "."}' --pipeline ${proposal.pipeline}\n`);
	tell("  watchrabbit up\n");
}
