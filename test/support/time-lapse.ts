import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireService } from "./services.ts";

const fileName = "clock";

/**
 * The clock of a program that is set forward again and again, as if it had slept in between: hours pass in seconds, and
 * what it does between two steps takes as long as ever. What it starts elsewhere, as R, keeps the true time.
 */
export class TimeLapse {
	/** For a program that is started in the directory. */
	readonly environment: NodeJS.ProcessEnv;
	readonly #directory: string;
	#aheadSeconds = 0;
	#timer: NodeJS.Timeout | undefined;

	constructor(directory: string) {
		this.#directory = directory;
		this.environment = {
			LD_PRELOAD: forThreads(requireService("faketime")),
			FAKETIME_TIMESTAMP_FILE: fileName,
			FAKETIME_NO_CACHE: "1",
		};
		this.step(0);
	}

	step(seconds: number): void {
		this.#aheadSeconds += seconds;
		// A clock is never read while it is written.
		writeFileSync(join(this.#directory, `${fileName}.next`), `+${this.#aheadSeconds}`);
		renameSync(join(this.#directory, `${fileName}.next`), join(this.#directory, fileName));
	}

	/** From now on, until it is stopped. */
	run({ seconds, everyMs }: { readonly seconds: number; readonly everyMs: number }): void {
		this.#timer = setInterval(() => this.step(seconds), everyMs);
	}

	stop(): void {
		clearInterval(this.#timer);
	}
}

/** Without it a thread that has just read the step before sets the others' clock back, which Node takes for its end. */
function forThreads(library: string): string {
	const withLocks = library.replace(/libfaketime(?=\.)/, "libfaketimeMT");
	return existsSync(withLocks) ? withLocks : library;
}
