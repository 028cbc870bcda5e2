import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./warm-r.R", import.meta.url));

export type Work = "callr::r" | "callr::r_session" | "Rserve" | "parallel::mcparallel" | "rmarkdown::render";

/** An R that is kept warm by other means than ours, and what is done in it or from it. */
export class WarmR {
	readonly #child: ChildProcess;
	readonly #answers: AsyncIterator<string>;

	private constructor(work: Work, file: string, directory: string) {
		this.#child = spawn("Rscript", [program, work, file, directory], { stdio: ["pipe", "pipe", "inherit"] });
		if (this.#child.stdout === null) throw new Error("no pipe to R");
		this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
	}

	/** Resolves when it has done its work once. `directory`: for what it writes, and for its socket. */
	static async start(work: Work, file: string, directory: string): Promise<WarmR> {
		const warm = new WarmR(work, file, directory);
		await warm.#answer();
		return warm;
	}

	/** Does its work so many times, one after the other: milliseconds of each. */
	async times(count: number): Promise<number[]> {
		this.#child.stdin?.write(`${count}\n`);
		return (await this.#answer()).trim().split(" ").map(Number);
	}

	async stop(): Promise<void> {
		if (this.#child.exitCode !== null) return;
		this.#child.stdin?.end();
		await once(this.#child, "exit");
	}

	async #answer(): Promise<string> {
		const { value, done } = await this.#answers.next();
		if (done) throw new Error(`${this.#child.spawnargs.join(" ")} ended without an answer`);
		return value;
	}
}
