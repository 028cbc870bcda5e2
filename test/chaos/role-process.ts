import { readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Role } from "#cli/application.ts";
import type { Product, Running } from "#test/support/product.ts";

const startsAgainAfterMs = 1_000;
const startedWithinMs = 180_000;

/** One role of a lab as a process, and what watches over it: whoever ends it starts it again. */
export class RoleProcess {
	readonly role: Role;
	readonly name: string;
	readonly #lab: Product;
	readonly #said: string[] = [];
	#running: Running | undefined;
	#held: Promise<unknown> = Promise.resolve();

	constructor(lab: Product, role: Role, number: number) {
		this.#lab = lab;
		this.role = role;
		this.name = `${role} ${number}`;
	}

	get running(): Running {
		if (this.#running === undefined) throw new Error(`${this.name} was not started`);
		return this.#running;
	}

	/** All that its processes wrote. */
	get said(): string {
		return this.#said.join("") + (this.#running?.output ?? "");
	}

	/** Files, sockets and pipes that it has open. */
	get handles(): readonly string[] {
		return readdirSync(`/proc/${this.running.child.pid}/fd`);
	}

	/** One at a time does something to it. */
	hold<T>(action: () => Promise<T>): Promise<T> {
		const held = this.#held.then(action);
		this.#held = held.catch(() => {});
		return held;
	}

	/** Resolves when it is at work; one that ends before, because a service is away, is started again. */
	async start(environment: NodeJS.ProcessEnv = {}): Promise<void> {
		for (const until = Date.now() + startedWithinMs; ; await pause(startsAgainAfterMs)) {
			const running = this.launch(environment);
			try {
				await running.says(/at work/);
				return;
			} catch (cause) {
				if (Date.now() > until) throw new Error(`${this.name} does not start`, { cause });
				await running.stop("SIGKILL");
			}
		}
	}

	/** Does not wait for anything. */
	launch(environment: NodeJS.ProcessEnv): Running {
		if (this.#running !== undefined) this.#said.push(this.#running.output);
		this.#running = this.#lab.startWith(environment, "up", "--roles", this.role);
		return this.#running;
	}

	async kill(): Promise<void> {
		await this.running.stop("SIGKILL");
	}

	signal(signal: NodeJS.Signals): void {
		this.running.child.kill(signal);
	}
}
