import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** What npm calls: it keeps compiled code between starts, which is half of what a start costs. */
const entry = join(root, "pipeline/app/bin.ts");

export interface Ended {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** A lab's directory in a temporary place, and the program run in it as a user runs it: by its command line. */
export class Product {
	readonly directory: string;
	readonly #environment: NodeJS.ProcessEnv;
	readonly #running = new Set<ChildProcess>();
	#identity: { readonly uid?: number; readonly gid?: number } = {};

	constructor(directory: string, environment: NodeJS.ProcessEnv) {
		this.directory = directory;
		this.#environment = { ...process.env, NO_COLOR: "1", WATCHRABBIT_LOG_LEVEL: "debug", ...environment };
	}

	/** Files by their relative names: watchrabbit.yaml, analyses, what lies there before the start. */
	static async create(files: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv = {}): Promise<Product> {
		const product = new Product(await mkdtemp(join(tmpdir(), "watchrabbit-")), environment);
		for (const [name, content] of Object.entries(files)) await product.write(name, content);
		return product;
	}

	path(...names: string[]): string {
		return join(this.directory, ...names);
	}

	async write(name: string, content: string | Uint8Array): Promise<void> {
		await mkdir(join(this.path(name), ".."), { recursive: true });
		await writeFile(this.path(name), content);
	}

	/** From now on commands run as this user; only root can arrange that. */
	runAs(uid: number): void {
		this.#identity = { uid, gid: uid };
	}

	/** Runs a command to its end. */
	async run(...args: string[]): Promise<Ended> {
		return await this.start(...args).ended;
	}

	/** Runs a command that must succeed; its data, one object a line. */
	async json<T>(...args: string[]): Promise<T[]> {
		const { code, stdout, stderr } = await this.run(...args, "--json");
		if (code !== 0) throw new Error(`watchrabbit ${args.join(" ")} ended with ${code}:\n${stderr}\n${stdout}`);
		return stdout
			.split("\n")
			.filter((line) => line !== "")
			.map((line) => JSON.parse(line) as T);
	}

	start(...args: string[]): Running {
		return this.startWith({}, ...args);
	}

	/** With more in its environment than the others have. */
	startWith(environment: NodeJS.ProcessEnv, ...args: string[]): Running {
		const child = spawn(process.execPath, ["--conditions=source", entry, ...args], {
			cwd: this.directory,
			env: { ...this.#environment, ...environment },
			stdio: ["ignore", "pipe", "pipe"],
			...this.#identity,
		});
		this.#running.add(child);
		child.once("close", () => this.#running.delete(child));
		return new Running(child);
	}

	/** Ends what still runs and removes the directory. */
	async remove(): Promise<void> {
		for (const child of this.#running) {
			child.kill("SIGKILL");
			await once(child, "close");
		}
		await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
	}
}

export class Running {
	readonly child: ChildProcess;
	readonly ended: Promise<Ended>;
	#stdout = "";
	#stderr = "";

	constructor(child: ChildProcess) {
		this.child = child;
		child.stdout?.setEncoding("utf8").on("data", (text: string) => {
			this.#stdout += text;
		});
		child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			this.#stderr += text;
		});
		this.ended = new Promise((resolve) => {
			child.once("close", (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }));
		});
	}

	get output(): string {
		return this.#stdout + this.#stderr;
	}

	/** Resolves when the output matches; fails when the program ends before, or after `withinMs`. */
	async says(expression: RegExp, withinMs = 60_000): Promise<RegExpExecArray> {
		return await eventually(
			() => {
				const match = expression.exec(this.output);
				if (match !== null) return match;
				if (this.child.exitCode !== null)
					throw new Ending(
						`ended with ${this.child.exitCode} before it said ${expression}:\n${this.output.slice(-5_000)}`,
					);
				return undefined;
			},
			() => `it said ${expression}; it said:\n${this.output.slice(-5_000)}`,
			withinMs,
		);
	}

	/** Address of the API. */
	async address(): Promise<string> {
		const [, address] = await this.says(/(http:\/\/127\.0\.0\.1:\d+)/);
		return address as string;
	}

	async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
		if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
		return await this.ended;
	}
}

class Ending extends Error {}

/** Asks until there is an answer; what was hoped for is told when it never comes. */
export async function eventually<T>(
	ask: () => Promise<T | undefined> | T | undefined,
	hope: () => string,
	withinMs = 60_000,
): Promise<T> {
	const until = performance.now() + withinMs;
	let last: unknown;
	while (performance.now() < until) {
		try {
			const answer = await ask();
			if (answer !== undefined) return answer;
		} catch (thrown) {
			if (thrown instanceof Ending) throw thrown;
			last = thrown;
		}
		await pause(50);
	}
	throw new Error(`waited ${withinMs} ms until ${hope()}`, { cause: last });
}
