import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { LeaseCatalog } from "#core/ports/catalog.ts";
import type { Report } from "#domain/report.ts";
import { Loop } from "./loop.ts";
import { pause, persist } from "./persist.ts";

export interface LeasedContext {
	/** Of the lease. */
	readonly name: string;
	/** Names this process among those that share the catalog; undefined: it has it to itself, and needs no lease. */
	readonly owner: string | undefined;
	readonly catalog: LeaseCatalog;
	readonly clock: Clock;
	readonly report: Report;
	readonly onBroken: (error: WatchRabbitError) => void;
	readonly make: () => Task;
}

interface Task {
	start(): void;
	stop(): Promise<void>;
}

const leaseMs = 6_000;
const renewEveryMs = 1_000;

/**
 * A task that one process is enough for: whoever holds the lease does it, and is replaced within seconds when it dies.
 * For what is only done in vain, and does no harm, when for a moment two do it.
 */
export class Leased {
	readonly #context: LeasedContext;
	readonly #loop = new Loop();
	#task: Task | undefined;

	constructor(context: LeasedContext) {
		this.#context = context;
	}

	start(): void {
		const { owner, onBroken } = this.#context;
		if (owner === undefined) this.#begin();
		else this.#loop.start((signal) => this.#follow(owner, signal), onBroken);
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
		await this.#end();
		const { owner, catalog, name } = this.#context;
		if (owner !== undefined) await catalog.endLease(name, owner).catch(() => {});
	}

	async #follow(owner: string, signal: AbortSignal): Promise<void> {
		const { catalog, clock, report, name } = this.#context;
		const patient = { clock, report, signal };
		while (!signal.aborted) {
			const token = await persist("catalog", () => catalog.lease(name, owner, leaseMs, clock.now()), patient);
			if (token === undefined) await this.#end();
			else if (this.#task === undefined) this.#begin();
			await pause(renewEveryMs, patient);
		}
	}

	#begin(): void {
		this.#task = this.#context.make();
		this.#task.start();
	}

	async #end(): Promise<void> {
		const task = this.#task;
		this.#task = undefined;
		await task?.stop();
	}
}
