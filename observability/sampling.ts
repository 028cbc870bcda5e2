import { type Trace, traceId, withSampled } from "#core/trace.ts";

export interface SamplingSettings {
	/** The share of all traces that is kept: 0 to 1. */
	readonly share: number;
	/** Of these about so many a second: while there are more, the share is less. */
	readonly mostPerSecond: number;
}

/** How often the share is halved just now, remembered where a process that goes on after this one finds it. */
export interface Halvings {
	read(): number;
	write(halvings: number): void;
}

/** OpenTelemetry's measure of a trace's randomness: its last 56 bits. */
const randomBits = 56;
const randomness = 2 ** randomBits;
const hexDigits = randomBits / 4;

const forgotten: Halvings = { read: () => 0, write() {} };

/**
 * Decides where a trace begins whether it is kept, and its flag says so to all behind. By its id and the share alone, so
 * that a second decision, of what is published again, is as the first one; what a smaller share keeps a larger one keeps
 * as well. So that a burst costs no more than a busy day, each trace beyond so many a second halves the share, and each
 * second with half as many, or fewer, doubles it again.
 */
export class Sampling {
	readonly #settings: SamplingSettings;
	readonly #monotonicMs: () => number;
	readonly #remembered: Halvings;
	#halvings: number;
	#kept = 0;
	#secondAt: number;

	constructor(settings: SamplingSettings, monotonicMs: () => number, remembered: Halvings = forgotten) {
		this.#settings = settings;
		this.#monotonicMs = monotonicMs;
		this.#remembered = remembered;
		this.#halvings = Math.min(randomBits, Math.max(0, remembered.read()));
		this.#secondAt = monotonicMs();
	}

	decide(trace: Trace): Trace {
		return withSampled(trace, this.#isKept(Number.parseInt(traceId(trace).slice(-hexDigits), 16)));
	}

	#isKept(random: number): boolean {
		this.#passSeconds();
		if (!this.#isChosen(random)) return false;
		if (this.#kept >= this.#settings.mostPerSecond) this.#setHalvings(this.#halvings + 1);
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
		this.#setHalvings(this.#halvings - calm);
	}

	#setHalvings(halvings: number): void {
		const next = Math.min(randomBits, Math.max(0, halvings));
		if (next === this.#halvings) return;
		this.#halvings = next;
		this.#remembered.write(next);
	}
}
