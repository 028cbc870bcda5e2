import type { Clock } from "#core/clock.ts";
import type { LogLevel } from "./log-level-names.ts";
import type { Logger } from "./logger.ts";

export interface Loudness {
	readonly level: LogLevel;
	/** What it goes back to. */
	readonly usual: LogLevel;
	/** Then: milliseconds since the epoch; undefined: it stays. */
	readonly backAt: number | undefined;
}

/** Where nobody is asked for how long. */
const aWhileMs = 600_000;

/** How much a process says, changed while it runs: for good, or for a time after which it says again as much as usual. */
export class LogLevels {
	readonly #logger: Pick<Logger, "level" | "info" | "isLevelEnabled">;
	readonly #clock: Clock;
	#usual: LogLevel;
	#backAt: number | undefined;
	#cancel = () => {};

	constructor(logger: Pick<Logger, "level" | "info" | "isLevelEnabled">, clock: Clock) {
		this.#logger = logger;
		this.#clock = clock;
		this.#usual = logger.level as LogLevel;
	}

	get now(): Loudness {
		return { level: this.#logger.level as LogLevel, usual: this.#usual, backAt: this.#backAt };
	}

	/** `forMs` left out: from now on this is the usual one. */
	set(level: LogLevel, forMs?: number): Loudness {
		this.close();
		if (forMs === undefined) this.#usual = level;
		else {
			this.#backAt = this.#clock.now() + forMs;
			this.#cancel = this.#clock.after(forMs, () => this.#back());
		}
		this.#change(level, forMs === undefined ? "" : ` until ${new Date(this.#backAt as number).toISOString()}`);
		return this.now;
	}

	/** For who can only knock, by a signal: everything is told for a while, and the next time it is as usual again. */
	knock(): void {
		if (this.#backAt === undefined) this.set("debug", aWhileMs);
		else this.#back();
	}

	/** Nothing changes by itself any more. */
	close(): void {
		this.#cancel();
		this.#backAt = undefined;
	}

	#back(): void {
		this.close();
		this.#change(this.#usual, "");
	}

	/** Told while it can be: before it falls silent, or after it has begun to speak. */
	#change(level: LogLevel, until: string): void {
		const tell = () => this.#logger.info({ event: "log.level" }, `says from now on what is ${level} and more${until}`);
		const toldBefore = this.#logger.isLevelEnabled("info");
		if (toldBefore) tell();
		this.#logger.level = level;
		if (!toldBefore) tell();
	}
}
