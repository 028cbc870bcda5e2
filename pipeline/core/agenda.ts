import type { SchedulerLike, Subscription } from "rxjs";

/** Something that is due at some time. Both fields are the agenda's. */
export class Dated {
	/** By the agenda's clock; infinite while it is not on the agenda. */
	dueAt = Number.POSITIVE_INFINITY;
	/** A time before which it need not be looked at: its place in the heap. */
	lookAt = Number.NEGATIVE_INFINITY;
}

/** Something to do when it is due. */
export class Appointment extends Dated {
	readonly keep: () => void;

	constructor(keep: () => void) {
		super();
		this.keep = keep;
	}
}

/** Timers of Node fire at once above this delay (24.8 days): what is due later is looked at on the way. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Any number of due times on one timer.
 *
 * The heap is ordered by `lookAt`, which is never after `dueAt`: putting something off, the usual case, costs
 * nothing until its old time comes. Its own clock never goes back: a wall clock that is stepped back delays it by the
 * time since it was last looked at, not by the step.
 */
export class Agenda<T extends Dated> {
	readonly #scheduler: SchedulerLike;
	readonly #onDue: (item: T) => void;
	readonly #heap: T[] = [];
	#timer: Subscription | undefined;
	/** When the timer fires, by the agenda's clock; minus infinity while it is firing. */
	#timerAt = Number.POSITIVE_INFINITY;
	#aheadMs = 0;
	#latest = Number.NEGATIVE_INFINITY;

	constructor(scheduler: SchedulerLike, onDue: (item: T) => void) {
		this.#scheduler = scheduler;
		this.#onDue = onDue;
	}

	/** It is due in `delayMs`, and at no other time that was set before. */
	set(item: T, delayMs: number): void {
		const listed = item.lookAt !== Number.NEGATIVE_INFINITY;
		item.dueAt = this.#now() + delayMs;
		if (listed && item.dueAt >= item.lookAt) return;
		item.lookAt = item.dueAt;
		if (!listed) this.#heap.push(item);
		this.#rise(listed ? this.#heap.indexOf(item) : this.#heap.length - 1);
		if (item.lookAt < this.#timerAt) this.#arm();
	}

	/** As `set`, unless it is due sooner anyway. */
	setNoLater(item: T, delayMs: number): void {
		if (this.#now() + delayMs < item.dueAt) this.set(item, delayMs);
	}

	remove(item: T): void {
		item.dueAt = Number.POSITIVE_INFINITY;
	}

	clear(): void {
		this.#timer?.unsubscribe();
		this.#timer = undefined;
		this.#timerAt = Number.POSITIVE_INFINITY;
		for (const item of this.#heap.splice(0)) {
			item.dueAt = Number.POSITIVE_INFINITY;
			item.lookAt = Number.NEGATIVE_INFINITY;
		}
	}

	#now(): number {
		const read = this.#scheduler.now();
		if (read + this.#aheadMs < this.#latest) this.#aheadMs = this.#latest - read;
		this.#latest = read + this.#aheadMs;
		return this.#latest;
	}

	#arm(): void {
		this.#timer?.unsubscribe();
		this.#timer = undefined;
		const [first] = this.#heap;
		this.#timerAt = first?.lookAt ?? Number.POSITIVE_INFINITY;
		if (first === undefined) return;
		const delayMs = Math.min(longestTimerMs, Math.max(0, first.lookAt - this.#now()));
		this.#timer = this.#scheduler.schedule(() => this.#fire(delayMs === longestTimerMs), delayMs);
	}

	/** A timer of Node may fire a millisecond before its time by the wall clock: its time has come all the same. */
	#fire(onTheWay: boolean): void {
		const now = onTheWay ? this.#now() : Math.max(this.#now(), this.#timerAt);
		this.#timerAt = Number.NEGATIVE_INFINITY;
		for (let first = this.#heap[0]; first !== undefined && first.lookAt <= now; first = this.#heap[0]) {
			const due = first.dueAt <= now;
			if (due || first.dueAt === Number.POSITIVE_INFINITY) this.#dropFirst(first);
			else {
				first.lookAt = first.dueAt;
				this.#sink(first);
			}
			if (due) this.#onDue(first);
		}
		this.#arm();
	}

	#dropFirst(first: T): void {
		const last = this.#heap.pop() as T;
		if (last !== first) this.#sink(last);
		first.dueAt = Number.POSITIVE_INFINITY;
		first.lookAt = Number.NEGATIVE_INFINITY;
	}

	#rise(from: number): void {
		const heap = this.#heap;
		const item = heap[from] as T;
		let at = from;
		while (at > 0) {
			const above = (at - 1) >> 1;
			const parent = heap[above] as T;
			if (parent.lookAt <= item.lookAt) break;
			heap[at] = parent;
			at = above;
		}
		heap[at] = item;
	}

	/** Puts an item in the first place, and from there where it belongs. */
	#sink(item: T): void {
		const heap = this.#heap;
		let at = 0;
		for (let below = 1; below < heap.length; below = 2 * at + 1) {
			if (below + 1 < heap.length && (heap[below + 1] as T).lookAt < (heap[below] as T).lookAt) below++;
			const child = heap[below] as T;
			if (child.lookAt >= item.lookAt) break;
			heap[at] = child;
			at = below;
		}
		heap[at] = item;
	}
}
