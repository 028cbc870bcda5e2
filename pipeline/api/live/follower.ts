import type { Clock } from "#core/clock.ts";
import type { LiveEvent } from "./live-event.ts";
import type { Wire } from "./wire.ts";

/**
 * A client that has not taken so much when there is more is left behind: it resumes by the id of what it took last. What
 * waits is the same text for all.
 */
const mostWaitingBytes = 1_000_000;
/** Who was told why it is left, and does not take even that, is cut off. */
const partingMs = 5_000;

export interface FollowerOptions {
	readonly wire: Wire;
	readonly wants: (event: LiveEvent) => boolean;
	/** It was told all up to here, or did not ask for it. */
	readonly after: number;
	readonly clock: Clock;
}

export type Parting = "slow" | "draining" | "renewing" | "unavailable";

/** One client: where it is, and what it is told. */
export class Follower {
	readonly since: number;
	/** Resolves when its connection is closed, by whomever. */
	readonly gone: Promise<void>;
	readonly #wire: Wire;
	readonly #wants: (event: LiveEvent) => boolean;
	readonly #clock: Clock;
	#position: number;
	#ended: Parting | undefined;
	#isGone = false;
	#stopCutting = () => {};

	constructor({ wire, wants, after, clock }: FollowerOptions) {
		this.since = clock.monotonic();
		this.#wire = wire;
		this.#wants = wants;
		this.#position = after;
		this.#clock = clock;
		this.gone = new Promise((resolve) => {
			wire.onGone(() => {
				this.#isGone = true;
				this.#stopCutting();
				resolve();
			});
		});
	}

	get position(): number {
		return this.#position;
	}

	/** Why it was left. */
	get ended(): Parting | undefined {
		return this.#ended;
	}

	/** It is not told anything any more. */
	get over(): boolean {
		return this.#isGone || this.#ended !== undefined;
	}

	/**
	 * In order, and all of the feed up to a sequence; of those what it was told already is left out.
	 *
	 * @returns how many it was sent
	 */
	offer(events: readonly LiveEvent[], upTo: number): number {
		if (this.over || upTo <= this.#position) return 0;
		if (this.#wire.waiting > mostWaitingBytes) {
			this.end("slow");
			return 0;
		}
		const wanted = events.filter((event) => event.of.seq > this.#position && this.#wants(event));
		this.#position = upTo;
		if (wanted.length > 0) this.#wire.send(wanted);
		return wanted.length;
	}

	/** Of what it asks for some was forgotten, or is of another catalog: it goes on from there. */
	gap(why: string, from: number): void {
		if (this.over) return;
		this.#position = from;
		this.#wire.tell("gap", { why, after: `${from}` }, from);
	}

	beat(): void {
		if (!this.over) this.#wire.beat(this.#position);
	}

	/** For who reads faster than it takes: resolves when it has taken all; what is slow beyond patience is slow. */
	async taken(patienceMs: number): Promise<void> {
		const { promise, resolve } = Promise.withResolvers<void>();
		const cancel = this.#clock.after(patienceMs, () => {
			this.end("slow");
			resolve();
		});
		await Promise.race([this.#wire.taken(), promise]);
		cancel();
	}

	/** Tells it why, and that it may come again. */
	end(why: Parting): void {
		if (this.over) return;
		this.#ended = why;
		if (why === "slow") this.#wire.tell("slow", { waitingBytes: this.#wire.waiting });
		else this.#wire.tell("closing", { why });
		this.#stopCutting = this.#clock.after(partingMs, () => this.#wire.destroy());
		this.#wire.end();
	}
}
