import type { Clock } from "#core/clock.ts";

const askEveryMs = 10_000;

/**
 * The time of the database's server, which is the same for all hosts that share it, whatever their own clocks say: leases
 * are judged by it. Between two looks at the server it goes on with the clock that never steps, so that a wall clock which
 * is set here moves nothing. What the server says moves it when the difference is more than the way to the server explains.
 *
 * A process that did not run for long (its machine was suspended) is behind until it has asked again: it takes the leases of
 * others for longer than they are, never for shorter.
 */
export class ServerClock implements Clock {
	readonly #ask: () => Promise<number>;
	readonly #clock: Clock;
	readonly #closing = new AbortController();
	#following: Promise<void> | undefined;
	/** What is to be added to the clock that never steps. */
	#offsetMs = Number.NaN;

	private constructor(ask: () => Promise<number>, clock: Clock) {
		this.#ask = ask;
		this.#clock = clock;
	}

	/** `ask`: what time it is at the server, in milliseconds since the epoch. */
	static async open(ask: () => Promise<number>, clock: Clock): Promise<ServerClock> {
		const opened = new ServerClock(ask, clock);
		// The first answer waits for a connection as well, and is worth less for it.
		await opened.#look();
		await opened.#look();
		opened.#following = opened.#follow(opened.#closing.signal);
		return opened;
	}

	now(): number {
		return Math.round(this.#clock.monotonic() + this.#offsetMs);
	}

	monotonic(): number {
		return this.#clock.monotonic();
	}

	after(ms: number, task: () => void): () => void {
		return this.#clock.after(ms, task);
	}

	async close(): Promise<void> {
		this.#closing.abort();
		await this.#following;
	}

	async #look(): Promise<void> {
		const asked = this.#clock.monotonic();
		const there = await this.#ask();
		const wrongByMs = (this.#clock.monotonic() - asked) / 2;
		const offsetMs = there - (asked + wrongByMs);
		const isRight = Math.abs(offsetMs - this.#offsetMs) <= wrongByMs;
		if (!isRight) this.#offsetMs = offsetMs;
	}

	/** A server that is away says nothing, and its time goes on. */
	async #follow(signal: AbortSignal): Promise<void> {
		while (!signal.aborted) {
			await this.#pause(signal);
			if (!signal.aborted) await this.#look().catch(() => {});
		}
	}

	#pause(signal: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			const over = () => {
				cancel();
				signal.removeEventListener("abort", over);
				resolve();
			};
			const cancel = this.#clock.after(askEveryMs, over);
			signal.addEventListener("abort", over, { once: true });
		});
	}
}
