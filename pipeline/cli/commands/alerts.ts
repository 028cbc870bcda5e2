import type { AlertResource } from "#observability/alerts/alert-resource.ts";
import {
	type CommandContext,
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
} from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { type Answer, askProcesses } from "../processes.ts";
import { facts } from "../table.ts";
import { oneLine, type Terminal } from "../terminal.ts";
import { localTime } from "../words.ts";

type Told = Answer<AlertResource>;

export const registerAlerts: Register = (program, context) => {
	const command = program
		.command("alerts")
		.description("what the processes of this machine find wrong at the moment, and the page that says what to do")
		.addHelpText("after", "\nEnds with 1 while an alert fires, with 0 while none does.")
		.action(context.action((options: ConfigOption & JsonOption) => alerts(context, options)));
	takesJson(takesConfig(command));
	example(command, "alerts", "alerts --json | jq .summary");
};

async function alerts(context: CommandContext, options: ConfigOption & JsonOption): Promise<ExitCode> {
	const { terminal } = context;
	const { answers, byAll } = await askProcesses<{ items: readonly AlertResource[] }>(
		context,
		options,
		"/api/v1/alerts",
	);
	const told = answers.flatMap(({ pid, items }) => items.map((alert): Told => ({ pid, ...alert })));
	if (options.json) await terminal.print(told.map((alert) => `${JSON.stringify(alert)}\n`).join(""));
	else if (told.length === 0) terminal.tell(byAll ? "nothing is wrong\n" : "nothing is wrong with those that answer\n");
	else await terminal.print(told.map((alert) => shown(alert, terminal)).join("\n"));
	const fires = told.some(({ state }) => state === "firing");
	return fires || !byAll ? exitCodes.failed : exitCodes.done;
}

function shown({ name, severity, state, summary, meaning, runbook, since, pid }: Told, terminal: Terminal): string {
	const { colours } = terminal;
	const tone = { critical: colours.red, warning: colours.yellow, info: colours.dim }[severity];
	const title = `${tone(state === "firing" ? severity : `${severity}, pending`)}  ${colours.bold(name)}\n`;
	const told: [string, string][] = [
		["what", oneLine(summary)],
		["means", meaning],
		["since", localTime(Date.parse(since))],
		["process", String(pid)],
		["to do", runbook],
	];
	return title + facts(told, terminal);
}
