import { example, type Register } from "../command.ts";
import { type OperateOptions, operate, takesWhy } from "../operate.ts";

export const registerCancel: Register = (program, context) => {
	const command = program
		.command("cancel")
		.description("end a job that is not over: what waits never begins, what runs is ended; `replay` runs it again")
		.argument("<job>", "its id")
		.action(
			context.action((name: string, options: OperateOptions) =>
				operate(context, options, "cancel", () => ({ type: "job", name })),
			),
		);
	takesWhy(command);
	example(command, 'cancel jb3f0c1d2e4a59687b3f0c1d2e4a59687 --why "wrong plate map"');
};
