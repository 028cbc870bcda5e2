import type { Clock } from "#core/clock.ts";
import type { Envelope } from "#core/envelope.ts";
import { transient, type WatchRabbitError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { IncomingFile, Source } from "#core/ports/source.ts";
import { Receipt } from "#core/receipt.ts";
import { startTrace, type Trace } from "#core/trace.ts";
import type { PathString } from "#domain/path.ts";

/** Files that somebody tells this process of, each of whom waits to hear that it is not forgotten. */
export class Announcements implements Source {
	readonly #clock: Clock;
	readonly #bury: (letter: string, reason: string) => Promise<void>;
	#take: ((envelope: Envelope<IncomingFile>) => void) | undefined;
	#open = 0;

	constructor(clock: Clock, bury: (letter: string, reason: string) => Promise<void>) {
		this.#clock = clock;
		this.#bury = bury;
	}

	/** @throws WatchRabbitError what became of it, if it did not become known, or waits; SOURCE_UNREACHABLE (transient) */
	async tell(path: PathString, origin: Trace | undefined): Promise<void> {
		const take = this.#take;
		if (take === undefined) {
			throw transient("SOURCE_UNREACHABLE", "the directory is not watched yet", { fix: "Ask again in a few seconds." });
		}
		this.#open += 1;
		const outcome = await new Promise<Outcome>((resolve) => {
			const value: IncomingFile = {
				path,
				content: undefined,
				sentAt: this.#clock.now(),
				origin,
				id: `http/${path}`,
				letter: () => JSON.stringify({ path }),
			};
			take({ value, receipt: new Receipt(resolve), trace: origin ?? startTrace() });
		}).finally(() => {
			this.#open -= 1;
		});
		if (outcome.kind !== "delivered") throw outcome.cause;
	}

	async run(take: (envelope: Envelope<IncomingFile>) => void, signal: AbortSignal, hears: () => void): Promise<void> {
		this.#take = take;
		hears();
		if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
		this.#take = undefined;
	}

	async bury(letter: string, { message }: WatchRabbitError): Promise<void> {
		await this.#bury(letter, message);
	}

	async idle(): Promise<boolean> {
		return this.#open === 0;
	}
}
