import { map, type Observable, Subject, tap, VirtualTimeScheduler } from "rxjs";
import { type RunHelpers, TestScheduler } from "rxjs/testing";
import { expect } from "vitest";
import type { Envelope } from "#core/envelope.ts";
import { delivered, type Outcome } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";
import { settled } from "#test/support/manual-clock.ts";

export interface StageMarbles extends RunHelpers {
	readonly scheduler: TestScheduler;
	/** A source of letters through a stage; every letter is a message with a receipt. What comes out is resolved as told. */
	through<B>(source$: Observable<string>, stage: Stage<string, B>, outcomeOf?: (value: B) => Outcome): Observable<B>;
	/** When each message's receipt is resolved: its letter for delivered, else the letter and what became of it. */
	readonly resolved$: Observable<string>;
}

/** A marble test of a stage: one character is a millisecond. */
export function marbles(test: (helpers: StageMarbles) => void): void {
	const scheduler = new TestScheduler(assertEqual);
	scheduler.run((helpers) => test(withStages(helpers, scheduler)));
}

/** The same for a stage that awaits somebody: its promises settle between two moments of virtual time. */
export async function patientMarbles(test: (helpers: StageMarbles) => void): Promise<void> {
	const scheduler = new PatientScheduler(assertEqual);
	await scheduler.runPatiently((helpers) => test(withStages(helpers, scheduler)));
}

class PatientScheduler extends TestScheduler {
	#prepared = false;

	/** `run` flushes as soon as its callback returns. */
	override flush(): void {
		if (this.#prepared) super.flush();
	}

	async runPatiently(test: (helpers: RunHelpers) => void): Promise<void> {
		this.run(test);
		for (const hot$ of this.hotObservables.splice(0)) hot$.setup();
		for (;;) {
			await settled();
			const [next] = this.actions;
			if (next === undefined) break;
			this.maxFrames = next.delay;
			VirtualTimeScheduler.prototype.flush.call(this);
		}
		this.#prepared = true;
		this.flush();
	}
}

function withStages(helpers: RunHelpers, scheduler: TestScheduler): StageMarbles {
	const resolved$ = new Subject<string>();
	const message = (value: string): Envelope<string> => ({
		value,
		receipt: new Receipt((outcome) => resolved$.next(told(value, outcome))),
		trace: { traceparent: `trace of ${value}` },
	});
	return {
		...helpers,
		scheduler,
		resolved$,
		through: (source$, stage, outcomeOf = () => delivered) =>
			source$.pipe(
				map(message),
				stage,
				tap(({ value, receipt }) => receipt.resolve(outcomeOf(value))),
				map(({ value }) => value),
			),
	};
}

function told(value: string, outcome: Outcome): string {
	if (outcome.kind === "delivered") return value;
	const after = outcome.kind === "retry" && outcome.afterMs !== undefined ? ` after ${outcome.afterMs}` : "";
	return `${value} ${outcome.kind} ${outcome.cause.code}${after}`;
}

function assertEqual(actual: unknown, expected: unknown): void {
	expect(actual).toEqual(expected);
}
