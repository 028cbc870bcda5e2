import {
	type CommandContext,
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
} from "../command.ts";
import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/finding.ts";
import { exitCodes } from "../exit-code.ts";
import { oneLine, type Terminal } from "../terminal.ts";

export const registerDoctor: Register = (program, context) => {
	const command = program
		.command("doctor")
		.description("look at machine and configuration, and say what is wrong and how to mend it")
		.action(context.action((options: ConfigOption & JsonOption) => run(context, options)));
	takesJson(takesConfig(command));
	example(command, "doctor", "doctor --json");
};

async function run({ application, terminal }: CommandContext, { config, json }: ConfigOption & JsonOption) {
	const counts = { ok: 0, warning: 0, problem: 0 };
	const place = { config, directory: terminal.directory, environment: process.env };
	for await (const finding of examine(place, application.machine, () => application.open(config))) {
		counts[finding.state]++;
		await terminal.print(
			json ? `${JSON.stringify({ ...finding, fix: finding.fix ?? null })}\n` : shown(finding, terminal),
		);
	}
	if (!json) terminal.tell(`${counts.ok} ok, ${counts.warning} to know, ${counts.problem} to mend\n`);
	return counts.problem === 0 ? exitCodes.done : exitCodes.failed;
}

function shown({ check, subject, state, says, fix }: Finding, { colours }: Terminal): string {
	const tone = { ok: colours.green, warning: colours.yellow, problem: colours.red }[state];
	const about = subject === "" ? check : `${check}, ${subject}`;
	const line = `${tone(state.padEnd(7))}  ${colours.bold(about)}: ${oneLine(says)}\n`;
	return fix === undefined ? line : `${line}         → ${oneLine(fix)}\n`;
}
