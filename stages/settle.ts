import { asyncScheduler, Observable, type SchedulerLike, type Subscription } from "rxjs";
import { carry, type Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, transient } from "#core/errors.ts";
import { rejected, retry } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";
import type { Verdict } from "#domain/verdict.ts";
import { tornDown } from "./torn-down.ts";

export interface SettleOptions<A, B> {
	readonly key: (value: A) => unknown;
	/** Until when nothing may change before it is judged: milliseconds since the epoch. */
	readonly quietUntil: (value: A) => number;
	/** What has to be quiet for longer than this waits as a row elsewhere, not in memory. */
	readonly holdMs: number;
	/** Judges at work at once. */
	readonly concurrency: number;
	/** The signal aborts when a newer message of the key makes the verdict worthless. */
	readonly judge: (value: A, signal: AbortSignal) => Verdict<B> | Promise<Verdict<B>>;
	readonly scheduler?: SchedulerLike;
}

/**
 * Lets pass what is complete: quiet first, then by the judge's verdict. What waits longer than seconds is resolved as
 * retry with the time to look again; what is refused is rejected. A newer message of the same key supersedes an older
 * one that is held or being judged: the older receipt joins the newer one's.
 */
export function settle<A, B>(options: SettleOptions<A, B>): Stage<A, B> {
	return (source$) =>
		new Observable<Envelope<B>>((subscriber) => {
			const settling = new Settling(
				options,
				(envelope) => subscriber.next(envelope),
				() => subscriber.complete(),
			);
			const subscription = source$.subscribe({
				next: (envelope) => settling.take(envelope),
				error: (error: unknown) => subscriber.error(error),
				complete: () => settling.complete(),
			});
			return () => {
				subscription.unsubscribe();
				settling.tearDown();
			};
		});
}

interface Held<A> {
	readonly key: unknown;
	readonly envelope: Envelope<A>;
	/** Set once the judge was asked. */
	judging: AbortController | undefined;
}

class Settling<A, B> {
	readonly #options: SettleOptions<A, B>;
	readonly #scheduler: SchedulerLike;
	readonly #emit: (envelope: Envelope<B>) => void;
	readonly #end: () => void;
	readonly #held = new Map<unknown, Held<A>>();
	/** Held ones by the time at which they are quiet. Those that were superseded meanwhile are passed over. */
	readonly #quietAt = new Map<number, Held<A>[]>();
	readonly #timers = new Map<number, Subscription>();
	#ready: Held<A>[] = [];
	#judging = 0;
	#completed = false;
	#over = false;

	constructor(options: SettleOptions<A, B>, emit: (envelope: Envelope<B>) => void, end: () => void) {
		this.#options = options;
		this.#scheduler = options.scheduler ?? asyncScheduler;
		this.#emit = emit;
		this.#end = end;
	}

	take(envelope: Envelope<A>): void {
		const { key, quietUntil, holdMs } = this.#options;
		const now = this.#scheduler.now();
		const of = key(envelope.value);
		const held: Held<A> = { key: of, envelope: this.#supersede(of, envelope), judging: undefined };
		const until = quietUntil(envelope.value);
		const restMs = until - now;
		if (restMs > holdMs) {
			held.envelope.receipt.resolve(retry(transient("NOT_QUIET", "its quiet time"), restMs));
			return;
		}
		this.#held.set(of, held);
		if (restMs <= 0) this.#judge(held);
		else this.#wait(held, until);
	}

	complete(): void {
		this.#completed = true;
		this.#endIfDone();
	}

	tearDown(): void {
		this.#over = true;
		for (const timer of this.#timers.values()) timer.unsubscribe();
		for (const { envelope, judging } of this.#held.values()) {
			judging?.abort();
			envelope.receipt.resolve(tornDown);
		}
		this.#held.clear();
	}

	/** The newer envelope, with the duty for the older one if that is still here. */
	#supersede(key: unknown, newer: Envelope<A>): Envelope<A> {
		const older = this.#held.get(key);
		if (older === undefined) return newer;
		this.#held.delete(key);
		older.judging?.abort();
		return { ...newer, receipt: Receipt.join([older.envelope.receipt, newer.receipt]) };
	}

	/** One timer for all that are quiet in the same millisecond. */
	#wait(held: Held<A>, until: number): void {
		const at = Math.ceil(until);
		const together = this.#quietAt.get(at);
		if (together !== undefined) {
			together.push(held);
			return;
		}
		this.#quietAt.set(at, [held]);
		const timer = this.#scheduler.schedule(() => {
			const quiet = this.#quietAt.get(at) ?? [];
			this.#quietAt.delete(at);
			this.#timers.delete(at);
			for (const each of quiet) if (this.#held.get(each.key) === each) this.#judge(each);
		}, at - this.#scheduler.now());
		this.#timers.set(at, timer);
	}

	#judge(held: Held<A>): void {
		if (this.#judging >= this.#options.concurrency) {
			this.#ready.push(held);
			return;
		}
		held.judging = new AbortController();
		try {
			const verdict = this.#options.judge(held.envelope.value, held.judging.signal);
			if (!(verdict instanceof Promise)) {
				this.#conclude(held, verdict);
				return;
			}
			this.#judging++;
			verdict
				.then(
					(value) => this.#conclude(held, value),
					(thrown: unknown) => this.#failed(held, thrown),
				)
				.finally(() => this.#next());
		} catch (thrown) {
			this.#failed(held, thrown);
		}
	}

	#next(): void {
		this.#judging--;
		while (this.#judging < this.#options.concurrency) {
			const held = this.#ready.shift();
			if (held === undefined) break;
			if (this.#held.get(held.key) === held) this.#judge(held);
		}
	}

	#conclude(held: Held<A>, verdict: Verdict<B>): void {
		if (!this.#leave(held)) return;
		const { envelope } = held;
		if (verdict.kind === "complete") this.#emit(carry(envelope, verdict.value));
		else if (verdict.kind === "refused") envelope.receipt.resolve(rejected(verdict.cause));
		else envelope.receipt.resolve(retry(transient("INCOMPLETE", verdict.for), verdict.againMs));
		this.#endIfDone();
	}

	#failed(held: Held<A>, thrown: unknown): void {
		if (!this.#leave(held)) return;
		const error = asWatchRabbitError(thrown);
		held.envelope.receipt.resolve(error.class === "transient" ? retry(error) : rejected(error));
		this.#endIfDone();
	}

	/** False if it was superseded meanwhile: somebody else has its receipt. */
	#leave(held: Held<A>): boolean {
		if (this.#over || this.#held.get(held.key) !== held) return false;
		this.#held.delete(held.key);
		return true;
	}

	#endIfDone(): void {
		if (this.#completed && this.#held.size === 0) this.#end();
	}
}
