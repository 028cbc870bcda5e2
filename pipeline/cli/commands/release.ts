import { example, type Register } from "../command.ts";
import { fileOf } from "../file-of.ts";
import { type OperateOptions, operate, takesWhy } from "../operate.ts";

export const registerRelease: Register = (program, context) => {
	const command = program
		.command("release")
		.description("look again at a file in quarantine, whoever put it there")
		.argument("<source>", "as the configuration names it")
		.argument("<path>", "a file, or a run folder, below the directory of the source")
		.action(
			context.action((name: string, path: string, options: OperateOptions) =>
				operate(context, options, "release", ({ settings }) => fileOf(settings, name, path)),
			),
		);
	takesWhy(command);
	example(command, "release plate-reader day1/plate7.csv");
};
