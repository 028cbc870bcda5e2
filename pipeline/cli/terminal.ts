import { once } from "node:events";
import pc from "picocolors";
import { askSecret } from "./ask-secret.ts";

export { manyLines, oneLine } from "#domain/one-line.ts";

type Colours = ReturnType<typeof pc.createColors>;

/** Where a command reads from and prints to. Data goes out, everything else is told on the side. */
export interface Terminal {
	/** Data on standard output; resolves when there is room for more. */
	print(text: string): Promise<void>;
	/** Progress, hints and errors on standard error. */
	tell(text: string): void;
	/** Whether a person reads standard output (then lines are fitted to its width), and standard error. */
	readonly interactive: boolean;
	readonly sideInteractive: boolean;
	readonly columns: number;
	readonly colours: Colours;
	/** The same for standard error. */
	readonly sideColours: Colours;
	readonly directory: string;
	/** What a person types without seeing it, or the first line of standard input; whether it is a person. */
	secret(question: string): Promise<string>;
	readonly asks: boolean;
}

export function processTerminal(): Terminal {
	const { stdout, stderr, env } = process;
	// A reader that has enough (`| head`) closes the pipe: that ends the command, and is no failure.
	stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
	const coloured = (stream: { isTTY?: boolean }) => stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
	return {
		print: async (text) => {
			if (!stdout.write(text)) await once(stdout, "drain");
		},
		tell: (text) => void stderr.write(text),
		interactive: stdout.isTTY === true,
		sideInteractive: stderr.isTTY === true,
		columns: stdout.columns ?? 80,
		colours: pc.createColors(coloured(stdout)),
		sideColours: pc.createColors(coloured(stderr)),
		directory: process.cwd(),
		secret: (question) => askSecret(question, (text) => void stderr.write(text)),
		asks: process.stdin.isTTY === true,
	};
}
