import { resolve } from "node:path";
import { Option } from "commander";
import type { Role } from "../application.ts";
import {
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
	usage,
} from "../command.ts";
import type { ExitCode } from "../exit-code.ts";

const roles: readonly Role[] = ["watch", "flow", "work", "serve"];

interface UpCommandOptions extends ConfigOption, JsonOption {
	readonly roles: readonly Role[];
	readonly untilIdle?: boolean;
	readonly observe?: string | true;
}

export const registerUp: Register = (program, context) => {
	const command = program
		.command("up")
		.description("watch, analyse and serve, until Ctrl-C")
		.addOption(
			new Option("--roles <roles>", "what this process does, with commas between them")
				.default(roles, roles.join(","))
				.argParser(rolesOf),
		)
		.option(
			"--until-idle",
			"end when nothing is left to do: 0, or 1 when a job or a message is dead, or 3 when a share is away",
		)
		.option(
			"--observe [directory]",
			"write what Prometheus, Alertmanager and Grafana need to watch this process (default: below the data directory)",
		)
		.action(
			context.action(async ({ config, roles, untilIdle = false, observe: given, json = false }: UpCommandOptions) => {
				const directory = typeof given === "string" ? resolve(context.terminal.directory, given) : undefined;
				const observe = given === undefined ? undefined : { directory };
				return (await context.application.up({ config, roles, untilIdle, observe, json })) as ExitCode;
			}),
		);
	takesJson(takesConfig(command), "the log as JSON, one object a line");
	example(command, "up", "up -c lab.yaml --roles watch,flow", "up --observe ./observe");
};

function rolesOf(given: string): readonly Role[] {
	const wanted = given.split(",").map((role) => role.trim());
	const unknown = wanted.find((role) => !roles.some((known) => known === role));
	if (unknown !== undefined) throw usage("ROLE", `there is no role "${unknown}"`, `Use some of ${roles.join(", ")}.`);
	return roles.filter((role) => wanted.includes(role));
}
