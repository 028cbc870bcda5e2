import { text } from "node:stream/consumers";
import type { ReadStream } from "node:tty";
import { usage } from "./command.ts";

/** The line that a person types without seeing it; where nobody does, the first one that standard input has. */
export async function askSecret(question: string, tell: (text: string) => void): Promise<string> {
	const { stdin } = process;
	if (!stdin.isTTY) return (await text(stdin)).split(/\r?\n/, 1)[0] ?? "";
	// Before the question: who pastes is fast.
	stdin.setRawMode(true);
	tell(question);
	try {
		return await typed(stdin);
	} finally {
		stdin.setRawMode(false);
		tell("\n");
	}
}

/** The terminal shows nothing by itself in raw mode, and does nothing either: erasing and giving up are ours. */
async function typed(stdin: ReadStream): Promise<string> {
	stdin.setEncoding("utf8");
	try {
		let line: string[] = [];
		for await (const chunk of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
			for (const sign of chunk) {
				if (sign === "\r" || sign === "\n") return line.join("");
				if (sign === "\u0003" || sign === "\u0004")
					throw usage("GIVEN_UP", "no password was given", "Nothing was changed.");
				if (sign === "\u0015") line = [];
				else if (sign === "\u007f" || sign === "\b") line.pop();
				else line.push(sign);
			}
		}
		return line.join("");
	} finally {
		stdin.pause();
	}
}
