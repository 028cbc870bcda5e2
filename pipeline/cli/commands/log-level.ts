import { parseDuration } from "#config/quantity.ts";
import { logLevels, namedLogLevel } from "#observability/log-level-names.ts";
import {
	type CommandContext,
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
	usage,
} from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { type Answer, askProcesses } from "../processes.ts";
import { table } from "../table.ts";
import { localTime } from "../words.ts";

interface LogLevelOptions extends ConfigOption, JsonOption {
	readonly for?: string;
}

interface Level {
	readonly level: string;
	readonly usual: string;
	readonly backAt: string | null;
}

export const registerLogLevel: Register = (program, context) => {
	const command = program
		.command("log-level")
		.description("how much the processes of this machine tell in their logs: shown, or changed while they run")
		.argument("[level]", logLevels.join(", "))
		.option("--for <duration>", "go back by itself after this (10m)")
		.action(context.action((level: string | undefined, options: LogLevelOptions) => run(context, level, options)));
	takesJson(takesConfig(command));
	example(command, "log-level", "log-level debug --for 10m");
};

async function run(context: CommandContext, level: string | undefined, options: LogLevelOptions): Promise<ExitCode> {
	if (level !== undefined && namedLogLevel(level) === undefined) {
		throw usage("LOG_LEVEL", `there is no level "${level}"`, `Give one of ${logLevels.join(", ")}.`);
	}
	if (options.for !== undefined && (level === undefined || parseDuration(options.for) === undefined)) {
		throw usage(
			"LOG_LEVEL",
			`--for ${options.for} does not say which level, or for how long`,
			"Write: debug --for 10m",
		);
	}
	const body = JSON.stringify({ level, for: options.for });
	const change = { method: "PUT", headers: { "content-type": "application/json" }, body };
	const request = level === undefined ? {} : change;
	const { answers, byAll } = await askProcesses<Level>(context, options, "/log-level", request);
	await context.terminal.print(options.json ? lines(answers) : shown(answers, context));
	return byAll ? exitCodes.done : exitCodes.failed;
}

function lines(levels: readonly Answer<Level>[]): string {
	return levels.map((level) => `${JSON.stringify(level)}\n`).join("");
}

function shown(levels: readonly Answer<Level>[], { terminal }: CommandContext): string {
	return table(
		levels,
		[
			{ title: "PROCESS", cell: ({ pid }) => String(pid) },
			{ title: "LEVEL", cell: ({ level }) => level },
			{ title: "UNTIL", cell: ({ backAt }) => (backAt === null ? "" : localTime(Date.parse(backAt))) },
			{ title: "THEN", cell: ({ backAt, usual }) => (backAt === null ? "" : usual) },
		],
		terminal,
	);
}
