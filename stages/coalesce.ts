import { asyncScheduler, type SchedulerLike } from "rxjs";
import { Agenda, Appointment } from "#core/agenda.ts";
import type { Envelope } from "#core/envelope.ts";
import { tornDown } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import { emit, type Stage, stage } from "#core/stage.ts";

export interface CoalesceOptions<T> {
	readonly key: (value: T) => unknown;
	/** A key is quiet again when no message of it has come for so long. */
	readonly quietMs: number;
	/** No message is held for longer than this, however many follow it. */
	readonly maxWaitMs: number;
	readonly scheduler?: SchedulerLike;
}

/**
 * A burst of one key becomes its first message and its latest.
 *
 *     in      a--bcd-------e--   quietMs: 4
 *     out     a--------d---e--
 *
 * A message of a quiet key goes on at once: a single hint costs no time. What follows is held, each superseding the one
 * before, and goes on when the key is quiet or the first of them has waited `maxWaitMs`. The receipt of a superseded
 * message is joined to its successor's, so that nobody acknowledges what nobody has looked at. On complete, what is
 * held goes on at once.
 */
export function coalesce<T>({ key, quietMs, maxWaitMs, scheduler = asyncScheduler }: CoalesceOptions<T>): Stage<T> {
	return stage((outlet) => {
		const bursts = new Map<unknown, Burst<T>>();
		const agenda = new Agenda<Appointment>(scheduler, ({ keep }) => keep());

		const begin = (of: unknown): Burst<T> => {
			const burst: Burst<T> = {
				held: [],
				quiet: new Appointment(() => {
					bursts.delete(of);
					goOn(burst);
				}),
				patience: new Appointment(() => goOn(burst)),
			};
			bursts.set(of, burst);
			return burst;
		};
		const goOn = (burst: Burst<T>) => {
			const { held } = burst;
			const latest = held.at(-1);
			if (latest === undefined) return;
			burst.held = [];
			agenda.remove(burst.patience);
			emit(outlet, { ...latest, receipt: Receipt.join(held.map(({ receipt }) => receipt)) });
		};
		return {
			next: (envelope) => {
				const of = key(envelope.value);
				const running = bursts.get(of);
				const burst = running ?? begin(of);
				agenda.set(burst.quiet, quietMs);
				if (running === undefined) {
					emit(outlet, envelope);
					return;
				}
				if (burst.held.length === 0) agenda.set(burst.patience, maxWaitMs);
				burst.held.push(envelope);
			},
			complete: () => {
				for (const burst of bursts.values()) goOn(burst);
				outlet.complete();
			},
			release: () => {
				agenda.clear();
				const held = [...bursts.values()].flatMap((burst) => burst.held);
				bursts.clear();
				for (const { receipt } of held) receipt.resolve(tornDown);
			},
		};
	});
}

/** A key that is not quiet, and what of it is held, in order. */
interface Burst<T> {
	held: Envelope<T>[];
	readonly quiet: Appointment;
	readonly patience: Appointment;
}
