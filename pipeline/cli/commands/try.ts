import { resolve } from "node:path";
import { type ConfigOption, example, type JsonOption, type Register, takesConfig, takesJson } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";

interface TryCommandOptions extends ConfigOption, JsonOption {
	readonly pipeline: string;
}

export const registerTry: Register = (program, context) => {
	const command = program
		.command("try")
		.description("run an analysis on a file now, and store nothing")
		.argument("<file>", "what to analyse: a file, or a run folder")
		.requiredOption("--pipeline <name>", "with the analysis and the parameters of this pipeline")
		.action(
			context.action(async (given: string, { config, pipeline, json = false }: TryCommandOptions) => {
				const file = resolve(context.terminal.directory, given);
				return (await context.application.tryAnalysis({ config, file, pipeline, json })) as ExitCode;
			}),
		);
	takesJson(takesConfig(command), "one JSON object");
	example(command, "try plate1.csv --pipeline elisa");
};
