import { example, type Register } from "../command.ts";
import { type OperateOptions, operate, takesWhy } from "../operate.ts";

export const registerRescan: Register = (program, context) => {
	const command = program
		.command("rescan")
		.description("compare all of a source with the ledger now, and not only when its interval is over")
		.argument("<source>", "as the configuration names it")
		.action(
			context.action((name: string, options: OperateOptions) =>
				operate(context, options, "rescan", () => ({ type: "source", name })),
			),
		);
	takesWhy(command);
	example(command, "rescan plate-reader");
};
