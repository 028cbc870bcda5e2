import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { RetentionCatalog } from "#core/ports/catalog.ts";
import type { EventLog } from "#core/ports/event-log.ts";
import type { Report } from "#domain/report.ts";
import { Loop } from "./loop.ts";
import { pause, persist } from "./persist.ts";

export interface RetentionContext {
	readonly log: EventLog;
	readonly catalog: RetentionCatalog;
	readonly clock: Clock;
	readonly report: Report;
	readonly onBroken: (error: WatchRabbitError) => void;
}

const everyMs = 3_600_000;
/** A watch that was away for longer shows files as settled that were analysed since; nothing else hangs on it. */
const outcomesKeptMs = 90 * 24 * 3_600_000;
/** The audit log keeps them. */
const operationsKeptMs = 90 * 24 * 3_600_000;
const atOnce = 500;

/**
 * Drops what nobody will read again: of the log what is taken in, outcomes that every watch has heard, and operations that
 * were over long ago. In small turns.
 */
export class Retention {
	readonly #context: RetentionContext;
	readonly #loop = new Loop();

	constructor(context: RetentionContext) {
		this.#context = context;
	}

	start(): void {
		this.#loop.start((signal) => this.#run(signal), this.#context.onBroken);
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
	}

	async #run(signal: AbortSignal): Promise<void> {
		const { clock, report } = this.#context;
		const patient = { clock, report, signal };
		while (!signal.aborted) {
			await persist("event log", () => this.#trimLog(), patient);
			while ((await persist("catalog", () => this.#forgetOutcomes(), patient)) === atOnce) await pause(0, patient);
			while ((await persist("catalog", () => this.#forgetOperations(), patient)) === atOnce) await pause(0, patient);
			await pause(everyMs, patient);
		}
	}

	/** An offset beyond the log's end is one of another log: of this one nothing is known to be taken in. */
	async #trimLog(): Promise<void> {
		const { log, catalog } = this.#context;
		for (const partition of log.partitions) {
			const committed = await catalog.offset(partition.name);
			if (committed !== undefined && committed <= ((await partition.end()) ?? 0)) await partition.trim(committed);
		}
	}

	async #forgetOutcomes(): Promise<number> {
		const { catalog, clock } = this.#context;
		return await catalog.forgetOutcomes(clock.now() - outcomesKeptMs, atOnce);
	}

	async #forgetOperations(): Promise<number> {
		const { catalog, clock } = this.#context;
		return await catalog.forgetOperations(clock.now() - operationsKeptMs, atOnce);
	}
}
