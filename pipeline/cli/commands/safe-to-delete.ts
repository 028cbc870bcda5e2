import { example, type Register } from "../command.ts";
import { type OperateOptions, operate, takesWhy } from "../operate.ts";

export const registerSafeToDelete: Register = (program, context) => {
	const command = program
		.command("safe-to-delete")
		.description(
			"mark an acquisition whose files may be removed at their source, once all that was made of it was read back from the store",
		)
		.argument("<acquisition>", "its id")
		.action(
			context.action((name: string, options: OperateOptions) =>
				operate(context, options, "safe-to-delete", () => ({ type: "acquisition", name })),
			),
		);
	takesWhy(command);
	example(command, "safe-to-delete ab3f0c1d2e4a59687b3f0c1d2e4a59687");
};
