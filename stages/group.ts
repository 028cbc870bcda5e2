import type { SchedulerLike } from "rxjs";
import type { WatchRabbitError } from "#core/errors.ts";
import type { WaitingRoom } from "#core/ports/waiting-room.ts";
import { type Stage, stage } from "#core/stage.ts";
import { Gathering } from "./group/gathering.ts";

export interface GroupOptions<T> {
	/** Where members wait: what is put there survives us. Nobody else takes from it meanwhile. */
	readonly room: WaitingRoom<T>;
	/** Which group a member belongs to and which part of it it is; undefined: to none, it is done here. */
	readonly place: (value: T) => { readonly key: string; readonly id: string } | undefined;
	/** Whether nothing is missing; still so when more members come. */
	readonly complete: (members: readonly T[]) => boolean;
	/** How long the first member waits for the last. */
	readonly timeMs: number;
	/**
	 * What went on departs from the room for good, so that what comes later begins anew, and what comes again goes nowhere:
	 * a batch that may be open for long is a group of `once` with one key, complete by count or bytes. Else a later member
	 * brings the whole group again.
	 */
	readonly once?: boolean;
	/** Told of a group that was rejected behind this stage, before its members leave the room. */
	readonly rejected?: (group: Group<T>, cause: WatchRabbitError) => void;
	readonly scheduler?: SchedulerLike;
}

/** Members that belong together, in order of arrival. */
export interface Group<T> {
	readonly key: string;
	readonly members: readonly T[];
	/** False: its time was over before all were there. */
	readonly complete: boolean;
}

/**
 * Gathers what belongs together. A member waits as a row, and its receipt is delivered once the row is written: days of
 * waiting hold no credit and survive a restart. Only the receipt of a member that makes its group go on is joined to the
 * group's: if we end before the group is resolved, that member comes again and completes it again.
 *
 * A group goes on when it is complete, or when its time is over (then with a receipt of its own); one at a time of a
 * key. Its receipt: delivered, and its members wait no more; retry, and it comes again with the member that brought it,
 * or because its time is over; rejected, and its members leave. On complete, writes under way are waited for; what is in
 * the room stays there for the next start. So it does when the stage is torn down: a write ends by itself, then its receipt.
 */
export function group<T>(options: GroupOptions<T>): Stage<T, Group<T>> {
	return stage((outlet) => new Gathering(options, outlet));
}
