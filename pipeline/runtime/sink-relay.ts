import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { FeedCatalog, IntakeCatalog, ReadCatalog } from "#core/ports/catalog.ts";
import type { Sink } from "#core/ports/sink.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { Report } from "#domain/report.ts";
import { sinkFeed, sinkNeighbour } from "#domain/sink-names.ts";
import { Loop } from "./loop.ts";
import { persist } from "./persist.ts";
import { messagesOf } from "./sink-messages.ts";
import { waitedOut } from "./waited-out.ts";

export interface SinkRelayContext {
	readonly name: string;
	readonly sink: Sink;
	readonly catalog: FeedCatalog & ReadCatalog & Pick<IntakeCatalog, "offset" | "commitIntake">;
	readonly clock: Clock;
	readonly report: Report;
	/** Rung when jobs were committed, or ended. */
	readonly moved: WakeUp;
	readonly onBroken: (error: WatchRabbitError) => void;
}

const rowsAtOnce = 200;
/** Another process may have written. */
const lookEveryMs = 500;

/**
 * Tells a sink what the histories tell, from their first row, at least once: where it is, is written down after the sink
 * has everything. What the sink refuses waits for somebody to correct it, like one that is away: nothing is lost, as it
 * stands in the catalog. Two relays at a time tell some things twice.
 */
export class SinkRelay {
	readonly #context: SinkRelayContext;
	readonly #loop = new Loop();

	constructor(context: SinkRelayContext) {
		this.#context = context;
	}

	start(): void {
		this.#loop.start((signal) => this.#run(signal), this.#context.onBroken);
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
	}

	async #run(signal: AbortSignal): Promise<void> {
		const { clock, report, moved } = this.#context;
		const patient = { clock, report, signal };
		let after = (await persist("catalog", () => this.#context.catalog.offset(this.#log), patient)) ?? 0;
		while (!signal.aborted) {
			const { catalog } = this.#context;
			const rows = await persist("catalog", () => catalog.feed(after, rowsAtOnce), patient);
			const last = rows.at(-1);
			if (last === undefined) {
				await moved.wait(lookEveryMs, clock, signal);
				continue;
			}
			const messages = await persist("catalog", () => messagesOf(rows, catalog), patient);
			await persist(
				sinkNeighbour(this.#context.name),
				() => waitedOut(() => this.#context.sink.deliver(messages)),
				patient,
			);
			after = last.seq;
			const intake = { log: this.#log, offset: after, now: clock.now(), arrivals: [] };
			await persist("catalog", () => catalog.commitIntake(intake), patient);
		}
	}

	get #log(): string {
		return sinkFeed(this.#context.name);
	}
}
