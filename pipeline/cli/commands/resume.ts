import { Argument } from "commander";
import { everything, operationTargets, type TargetType } from "#domain/operation.ts";
import { example, type Register, usage } from "../command.ts";
import { type OperateOptions, operate, takesWhy } from "../operate.ts";

export const registerResume: Register = (program, context) => {
	const command = program
		.command("resume")
		.description("let go on what was paused or drained: nothing of it was lost")
		.addArgument(new Argument("<what>").choices(operationTargets.resume))
		.argument("[name]", "as it was paused; none for everything")
		.action(
			context.action((type: TargetType, name: string | undefined, options: OperateOptions) =>
				operate(context, options, "resume", () => {
					if (type === "everything") return everything;
					if (name === undefined) throw usage("RESUME", `it is not clear which ${type} is to go on`, "Name it.");
					return { type, name };
				}),
			),
		);
	takesWhy(command);
	example(command, "resume source plate-reader", "resume everything");
};
