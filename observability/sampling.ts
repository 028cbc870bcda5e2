import { type Trace, traceId, withSampled } from "#core/trace.ts";

export interface SamplingSettings {
	/** The share of all traces that is kept: 0 to 1. */
	readonly share: number;
	/** Of these so many a second at most, or as many at once after a second without any. */
	readonly mostPerSecond: number;
}

/** OpenTelemetry's measure of a trace's randomness: its last 56 bits. */
const randomDigits = 14;
const randomness = 16 ** randomDigits;

/**
 * Decides where a trace begins whether it is kept, and its flag says so to all behind. By its id, of which the share is the
 * same in whatever process; and by how many there are just now, so that a burst costs no more than a busy day. Of one that
 * was kept a second decision may therefore leave out what follows, as of what is published again.
 */
export class Sampling {
	readonly #settings: SamplingSettings;
	readonly #monotonicMs: () => number;
	#left: number;
	#at: number;

	constructor(settings: SamplingSettings, monotonicMs: () => number) {
		this.#settings = settings;
		this.#monotonicMs = monotonicMs;
		this.#left = settings.mostPerSecond;
		this.#at = monotonicMs();
	}

	decide(trace: Trace): Trace {
		return withSampled(trace, this.#isChosen(trace) && this.#isThereRoom());
	}

	#isChosen(trace: Trace): boolean {
		return Number.parseInt(traceId(trace).slice(-randomDigits), 16) >= (1 - this.#settings.share) * randomness;
	}

	#isThereRoom(): boolean {
		const { mostPerSecond } = this.#settings;
		const now = this.#monotonicMs();
		this.#left = Math.min(mostPerSecond, this.#left + ((now - this.#at) / 1000) * mostPerSecond);
		this.#at = now;
		if (this.#left < 1) return false;
		this.#left -= 1;
		return true;
	}
}
