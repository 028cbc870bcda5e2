import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import { type Leases, renewEveryMs } from "./leases.ts";
import { Loop } from "./loop.ts";
import { pause } from "./persist.ts";

export interface LeasedContext {
	/** Of the lease. */
	readonly name: string;
	/** Undefined: this process has the catalog to itself, and needs no lease. */
	readonly leases: Leases | undefined;
	readonly clock: Clock;
	readonly onBroken: (error: WatchRabbitError) => void;
	/** Tasks that start and stop together. */
	readonly make: () => readonly Task[];
}

interface Task {
	start(): void;
	stop(): Promise<void>;
}

/**
 * Tasks that one process is enough for: whoever holds the lease does them, and is replaced within seconds when it dies.
 * For what is only done in vain, and does no harm, when for a moment two do it.
 */
export class Leased {
	readonly #context: LeasedContext;
	readonly #loop = new Loop();
	#tasks: readonly Task[] | undefined;

	constructor(context: LeasedContext) {
		this.#context = context;
	}

	start(): void {
		const { leases, onBroken } = this.#context;
		if (leases !== undefined) this.#loop.start((signal) => this.#follow(leases, signal), onBroken);
		else if (this.#tasks === undefined && !this.#loop.signal.aborted) this.#begin();
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
		await this.#end();
		const { leases, name } = this.#context;
		await leases?.giveBack(name);
	}

	async #follow(leases: Leases, signal: AbortSignal): Promise<void> {
		const { clock, name } = this.#context;
		while (!signal.aborted) {
			const token = await leases.take(name, signal);
			if (token === undefined) await this.#end();
			else if (this.#tasks === undefined) this.#begin();
			await pause(renewEveryMs, { clock, signal });
		}
	}

	#begin(): void {
		this.#tasks = this.#context.make();
		for (const task of this.#tasks) task.start();
	}

	async #end(): Promise<void> {
		const tasks = this.#tasks ?? [];
		this.#tasks = undefined;
		await Promise.all(tasks.map((task) => task.stop()));
	}
}
