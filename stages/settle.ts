import { asyncScheduler, type SchedulerLike } from "rxjs";
import { Agenda, Dated } from "#core/agenda.ts";
import type { Envelope } from "#core/envelope.ts";
import { transient } from "#core/errors.ts";
import { failure, type Outcome, rejected, retry, tornDown } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import { emit, type Stage, stage } from "#core/stage.ts";
import type { Verdict } from "#domain/verdict.ts";

export interface SettleOptions<A, B> {
	readonly key: (value: A) => unknown;
	/** Until when nothing may change before it is judged: milliseconds since the epoch. */
	readonly quietUntil: (value: A) => number;
	/** What has to be quiet for longer than this waits as a row elsewhere, not in memory. */
	readonly holdMs: number;
	/** The signal aborts when a newer message of the key, or the end, makes the verdict worthless. */
	readonly judge: (value: A, signal: AbortSignal) => Verdict<B> | Promise<Verdict<B>>;
	/** Judges at work at once. */
	readonly concurrency: number;
	readonly scheduler?: SchedulerLike;
}

const notQuiet = transient("NOT_QUIET", "its quiet time is not over");

/**
 * Lets pass what is complete: quiet first, then by the judge's verdict.
 *
 *     held --quiet--> ready --a judge is free--> judged --complete--> passed on
 *                                                       --waiting---> retry, with what it waits for
 *                                                       --refused---> rejected
 *
 * What must be quiet for longer than `holdMs` is not held but resolved as retry with the time that is left. A newer
 * message of the same key takes the place of one that is held, ready or being judged: the verdict under way is
 * discarded, and the older receipt is joined to the newer one's. On complete, what is held is still waited for and judged.
 */
export function settle<A, B>(options: SettleOptions<A, B>): Stage<A, B> {
	const { key, quietUntil, holdMs, judge, concurrency, scheduler = asyncScheduler } = options;
	return stage((outlet) => {
		const units = new Map<unknown, Held<A>>();
		const ready = new Set<Held<A>>();
		const agenda = new Agenda<Held<A>>(scheduler, (held) => admit(held));
		let judging = 0;
		let completed = false;
		/** A signal is spent only by judges that take their time. */
		let spare: AbortController | undefined;

		const admit = (held: Held<A>) => {
			ready.add(held);
			judgeReady();
		};
		const judgeReady = () => {
			for (const held of ready) {
				if (judging >= concurrency) break;
				ready.delete(held);
				judgeNow(held);
			}
		};
		const judgeNow = (held: Held<A>) => {
			const aborter = spare ?? new AbortController();
			spare = undefined;
			held.aborter = aborter;
			judging++;
			const verdict = judged(held.envelope.value, aborter.signal);
			if (verdict instanceof Promise) {
				verdict
					.catch(failed)
					.then((late) => {
						judging--;
						conclude(held, aborter, late);
						judgeReady();
					})
					.catch((broken) => outlet.error(broken));
				return;
			}
			judging--;
			if (!aborter.signal.aborted) spare = aborter;
			conclude(held, aborter, verdict);
		};
		const judged = (value: A, signal: AbortSignal) => {
			try {
				return judge(value, signal);
			} catch (thrown) {
				return failed(thrown);
			}
		};
		const conclude = (held: Held<A>, aborter: AbortController, verdict: Verdict<B> | Failed) => {
			// A verdict about what was superseded meanwhile is about nothing.
			if (held.aborter !== aborter) return;
			held.aborter = undefined;
			units.delete(held.key);
			const receipt = held.receipt();
			if (verdict.kind === "complete") emit(outlet, { value: verdict.value, receipt, trace: held.envelope.trace });
			else receipt.resolve(outcomeOf(verdict));
			if (completed) completeIfDone();
		};
		const completeIfDone = () => {
			if (units.size === 0) outlet.complete();
		};
		return {
			next: (envelope) => {
				const of = key(envelope.value);
				const quietInMs = quietUntil(envelope.value) - scheduler.now();
				let held = units.get(of);
				if (held === undefined) {
					held = new Held(of, envelope);
					units.set(of, held);
				} else {
					held.supersede(envelope);
					ready.delete(held);
				}
				if (quietInMs > 0 && quietInMs <= holdMs) {
					agenda.set(held, quietInMs);
					return;
				}
				agenda.remove(held);
				if (quietInMs <= 0) {
					admit(held);
					return;
				}
				units.delete(of);
				held.receipt().resolve(retry(notQuiet, quietInMs));
			},
			complete: () => {
				completed = true;
				completeIfDone();
			},
			release: () => {
				agenda.clear();
				ready.clear();
				const left = [...units.values()];
				units.clear();
				for (const held of left) {
					held.abort();
					held.receipt().resolve(tornDown);
				}
			},
		};
	});
}

interface Failed {
	readonly kind: "failed";
	readonly outcome: Outcome;
}

function failed(thrown: unknown): Failed {
	return { kind: "failed", outcome: failure(thrown) };
}

function outcomeOf(verdict: Exclude<Verdict<unknown> | Failed, { kind: "complete" }>): Outcome {
	if (verdict.kind === "failed") return verdict.outcome;
	if (verdict.kind === "refused") return rejected(verdict.cause);
	return retry(transient("NOT_COMPLETE", verdict.for), verdict.againMs);
}

/** The newest message of a key, with the receipts of those that it superseded. */
class Held<A> extends Dated {
	readonly key: unknown;
	envelope: Envelope<A>;
	/** Of the judge at work on it. */
	aborter: AbortController | undefined = undefined;
	#superseded: Receipt[] | undefined = undefined;

	constructor(key: unknown, envelope: Envelope<A>) {
		super();
		this.key = key;
		this.envelope = envelope;
	}

	supersede(newer: Envelope<A>): void {
		this.abort();
		if (this.#superseded === undefined) this.#superseded = [this.envelope.receipt];
		else this.#superseded.push(this.envelope.receipt);
		this.envelope = newer;
	}

	abort(): void {
		this.aborter?.abort();
		this.aborter = undefined;
	}

	/** Of all that it stands for; asked for once. */
	receipt(): Receipt {
		const { receipt } = this.envelope;
		if (this.#superseded === undefined) return receipt;
		this.#superseded.push(receipt);
		return Receipt.join(this.#superseded);
	}
}
