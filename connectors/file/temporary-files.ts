import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/** Files that are being written, named by who writes them: `<host>,<pid>,<uuid>`. */
export class TemporaryFiles {
	readonly #directory: string;
	readonly #host = hostname().replaceAll(/[^\w.-]/g, "-");

	/** Makes the directory, and removes what processes of this host left in it when they were killed. */
	constructor(directory: string) {
		this.#directory = directory;
		mkdirSync(directory, { recursive: true });
		for (const name of readdirSync(directory)) {
			const [host, pid] = name.split(",");
			if (host === this.#host && !isAlive(Number(pid))) rmSync(join(directory, name), { force: true });
		}
	}

	next(): string {
		return join(this.#directory, `${this.#host},${process.pid},${randomUUID()}`);
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error instanceof Error && "code" in error && error.code === "EPERM";
	}
}
