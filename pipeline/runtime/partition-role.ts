import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { logReplacedCode } from "#core/log-replaced.ts";
import type { FlowLoad } from "./credits.ts";
import { type FlowContext, FlowRole } from "./flow-role.ts";

/** `flow` over one partition of the log. When that is another one than before, it ends, and begins at the first event. */
export class PartitionRole {
	readonly #context: FlowContext;
	#role: FlowRole;
	#beginning: Promise<void> = Promise.resolve();
	/** Times that it is still to begin anew. */
	#toBegin = 0;
	#drained = false;

	constructor(context: FlowContext) {
		this.#context = context;
		this.#role = this.#make(false);
	}

	async start(): Promise<void> {
		await this.#role.start();
	}

	/** See FlowRole. */
	async idle(): Promise<boolean> {
		return this.#toBegin === 0 && (await this.#role.idle());
	}

	get stuck(): ReadonlyMap<string, WatchRabbitError> {
		return this.#role.stuck;
	}

	get load(): FlowLoad {
		return this.#role.load;
	}

	async drain(graceMs: number): Promise<void> {
		this.#drained = true;
		await Promise.all([this.#role.drain(graceMs), this.#beginning]);
		await this.#role.drain(graceMs);
	}

	#make(anew: boolean): FlowRole {
		return new FlowRole({ ...this.#context, anew, onBroken: (error) => this.#broken(error) });
	}

	#broken(error: WatchRabbitError): void {
		const { onBroken, report, log } = this.#context;
		if (error.code !== logReplacedCode) {
			onBroken(error);
			return;
		}
		report({ event: "log.replaced", log: log.name, error });
		this.#toBegin += 1;
		this.#beginning = this.#beginning
			.then(() => this.#beginAnew())
			.catch((thrown: unknown) => {
				if (!this.#drained) onBroken(asWatchRabbitError(thrown));
			})
			.finally(() => {
				this.#toBegin -= 1;
			});
	}

	/** What is on its way comes again, if not from the log then from the edge. */
	async #beginAnew(): Promise<void> {
		await this.#role.drain(0);
		if (this.#drained) return;
		this.#role = this.#make(true);
		await this.#role.start();
	}
}
