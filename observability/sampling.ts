import { type Trace, traceId, withSampled } from "#core/trace.ts";

export interface SamplingSettings {
	/** The share of all traces that is kept: 0 to 1. */
	readonly share: number;
	/** Of these about so many of a kind a second: while there are more, the share is less. */
	readonly mostPerSecond: number;
}

/** OpenTelemetry's measure of a trace's randomness: its last 56 bits. */
const randomBits = 56;
const randomness = 2 ** randomBits;
const hexDigits = randomBits / 4;

/**
 * Decides where a trace of its kind begins whether it is kept, and its flag says so to all behind. By its id and the share
 * alone: what a smaller share keeps a larger one keeps as well. So that a burst costs no more than a busy day, each trace
 * beyond so many a second halves the share, and each second with half as many, or fewer, doubles it again.
 *
 * The less share is this process's alone and ends with it: of one trace two processes, or two decisions of one, say the
 * same only while neither has halved its share. What the event log lost is therefore not decided again: it is published
 * again with the flag that the ledger remembers. What else is published twice is decided twice: its process was killed
 * before the ledger knew, or it was not ready.
 */
export class Sampling {
	readonly #settings: SamplingSettings;
	readonly #monotonicMs: () => number;
	#halvings = 0;
	#kept = 0;
	#secondAt: number;

	constructor(settings: SamplingSettings, monotonicMs: () => number) {
		this.#settings = settings;
		this.#monotonicMs = monotonicMs;
		this.#secondAt = monotonicMs();
	}

	decide(trace: Trace): Trace {
		return withSampled(trace, this.#isKept(Number.parseInt(traceId(trace).slice(-hexDigits), 16)));
	}

	#isKept(random: number): boolean {
		this.#passSeconds();
		if (!this.#isChosen(random)) return false;
		if (this.#kept >= this.#settings.mostPerSecond) this.#halvings = Math.min(randomBits, this.#halvings + 1);
		if (!this.#isChosen(random)) return false;
		this.#kept += 1;
		return true;
	}

	#isChosen(random: number): boolean {
		return random >= (1 - this.#settings.share * 2 ** -this.#halvings) * randomness;
	}

	#passSeconds(): void {
		const seconds = Math.floor((this.#monotonicMs() - this.#secondAt) / 1000);
		if (seconds === 0) return;
		this.#secondAt += seconds * 1000;
		const calm = this.#kept * 2 <= this.#settings.mostPerSecond ? seconds : seconds - 1;
		this.#kept = 0;
		this.#halvings = Math.max(0, this.#halvings - calm);
	}
}
