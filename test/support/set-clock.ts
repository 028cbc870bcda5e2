import { type Clock, systemClock } from "#core/clock.ts";

/** The system's clock, set by so much at some moment: what is measured by it steps, durations do not. */
export class SetClock implements Clock {
	byMs = 0;
	now = () => systemClock.now() + this.byMs;
	monotonic = systemClock.monotonic;
	after = systemClock.after;
}
