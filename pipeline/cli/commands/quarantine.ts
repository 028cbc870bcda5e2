import { example, type Register } from "../command.ts";
import { fileOf } from "../file-of.ts";
import { type OperateOptions, operate, takesWhy } from "../operate.ts";

export const registerQuarantine: Register = (program, context) => {
	const command = program
		.command("quarantine")
		.description(
			"keep a file from being published, in whatever version, until `release`; what was taken in of it stays",
		)
		.argument("<source>", "as the configuration names it")
		.argument("<path>", "a file, or a run folder, below the directory of the source")
		.action(
			context.action((name: string, path: string, options: OperateOptions) =>
				operate(context, options, "quarantine", ({ settings }) => fileOf(settings, name, path)),
			),
		);
	takesWhy(command);
	example(command, 'quarantine plate-reader day1/plate7.csv --why "spilt"');
};
