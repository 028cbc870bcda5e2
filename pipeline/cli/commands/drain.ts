import { everything } from "#domain/operation.ts";
import { example, type Register } from "../command.ts";
import { type OperateOptions, operate, takesWhy } from "../operate.ts";

export const registerDrain: Register = (program, context) => {
	const command = program
		.command("drain")
		.description("begin nothing new and finish what runs, in all processes or in one, until `resume` or its end")
		.argument("[process]", "HOST:PID, as attempts name their worker; all if not given")
		.action(
			context.action((name: string | undefined, options: OperateOptions) =>
				operate(context, options, "drain", () => (name === undefined ? everything : { type: "process", name })),
			),
		);
	takesWhy(command);
	example(command, 'drain --why "power cut at noon"', "drain lab-pc:4711");
};
