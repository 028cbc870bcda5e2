import { resolve } from "node:path";
import { example, type JsonOption, type Register, takesJson } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";

interface DemoCommandOptions extends JsonOption {
	readonly untilIdle?: boolean;
	readonly keep?: string;
}

export const registerDemo: Register = (program, context) => {
	const command = program
		.command("demo")
		.description("play instruments into a temporary directory and watch what becomes of every file")
		.option("--until-idle", "end when everything is done")
		.option("--keep <dir>", "keep the files, the results and the configuration here")
		.action(
			context.action(async ({ untilIdle = false, keep, json = false }: DemoCommandOptions) => {
				const kept = keep === undefined ? undefined : resolve(context.terminal.directory, keep);
				return (await context.application.demo({ untilIdle, keep: kept, json })) as ExitCode;
			}),
		);
	takesJson(command, "the summary as JSON");
	example(command, "demo --until-idle --keep ./demo");
};
