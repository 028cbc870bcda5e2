import { Argument } from "commander";
import { operationTargets, type TargetType } from "#domain/operation.ts";
import { example, type Register } from "../command.ts";
import { type OperateOptions, operate, takesWhy } from "../operate.ts";

export const registerPause: Register = (program, context) => {
	const command = program
		.command("pause")
		.description(
			"hold back a source (its files are noticed and settle, and are published later), a pipeline or a pool (its jobs wait); what runs is finished",
		)
		.addArgument(new Argument("<what>").choices(operationTargets.pause))
		.argument("<name>", "as the configuration names it")
		.action(
			context.action((type: TargetType, name: string, options: OperateOptions) =>
				operate(context, options, "pause", () => ({ type, name })),
			),
		);
	takesWhy(command);
	example(command, 'pause source plate-reader --why "new firmware"', "pause pipeline elisa");
};
