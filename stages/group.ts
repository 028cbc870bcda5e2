import { asyncScheduler, Observable, type SchedulerLike, Subscription } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import { asWatchRabbitError } from "#core/errors.ts";
import { type Outcome, retry } from "#core/outcome.ts";
import type { Waiting, WaitingRoom } from "#core/ports/waiting-room.ts";
import { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";
import { startTrace, type Trace } from "#core/trace.ts";

export interface GroupOptions<T> {
	/** Where members wait: what is put there survives us. */
	readonly room: WaitingRoom<T>;
	/** Which group a member belongs to and which part of it it is; undefined: to none, it is done here. */
	readonly place: (value: T) => { readonly key: string; readonly id: string } | undefined;
	/** Whether nothing is missing. */
	readonly complete: (members: readonly T[]) => boolean;
	/** How long the first member waits for the last, milliseconds. */
	readonly timeMs: number;
	/** Members that went on are never asked for again (a batch), so that no later one brings them back. */
	readonly once?: boolean;
	readonly scheduler?: SchedulerLike;
}

/** Members that belong together, in order of arrival. */
export interface Group<T> {
	readonly key: string;
	readonly members: readonly T[];
	/** False: its time was over before all were there. */
	readonly complete: boolean;
}

/** A neighbour that fails is asked again after this. */
const againMs = 1_000;
const dueAtOnce = 100;
/** Timers of node end at 2^31 - 1 ms; a longer wait is looked at on the way. */
const longestWaitMs = 2 ** 31 - 1;

/**
 * Gathers what belongs together. A member waits as a row and its receipt is resolved once the row is written, so that
 * days of waiting hold no credit and survive a restart. A group goes on when it is complete, or when its time is over;
 * a member that comes later, or changes, brings it again. The group's own receipt: delivered, and its members wait no
 * more; retry, and it comes again; rejected, and its members leave.
 */
export function group<T>(options: GroupOptions<T>): Stage<T, Group<T>> {
	return (source$) =>
		new Observable<Envelope<Group<T>>>((subscriber) => {
			const gathering = new Gathering(options, (envelope) => subscriber.next(envelope));
			const subscription = source$.subscribe({
				next: (envelope) => gathering.take(envelope),
				error: (error: unknown) => subscriber.error(error),
				// What still waits is in the room: the next start finds it there.
				complete: () => void gathering.settled().then(() => subscriber.complete()),
			});
			return () => {
				subscription.unsubscribe();
				gathering.tearDown();
			};
		});
}

class Gathering<T> {
	readonly #options: GroupOptions<T>;
	readonly #scheduler: SchedulerLike;
	readonly #emit: (envelope: Envelope<Group<T>>) => void;
	/** Everything that asks the room goes one after the other: two members never complete one group twice. */
	#turn: Promise<void> = Promise.resolve();
	/** Groups on their way, with what came to them meanwhile: they go on again when they are resolved. */
	readonly #underWay = new Map<string, readonly Waiting<T>[] | undefined>();
	/** Of the next group whose time is over. */
	#timer: Subscription | undefined;
	/** Of everything else that is tried again. */
	readonly #timers = new Subscription();
	#over = false;

	constructor(options: GroupOptions<T>, emit: (envelope: Envelope<Group<T>>) => void) {
		this.#options = options;
		this.#scheduler = options.scheduler ?? asyncScheduler;
		this.#emit = emit;
		this.#inTurn(() => this.#arm());
	}

	take({ value, receipt, trace }: Envelope<T>): void {
		this.#inTurn(async () => {
			const { place, room, timeMs, complete } = this.#options;
			let members: readonly Waiting<T>[];
			try {
				const found = place(value);
				const since = this.#scheduler.now();
				members = found === undefined ? [] : await room.put({ ...found, value, since, dueAt: since + timeMs });
			} catch (thrown) {
				receipt.resolve(retry(asWatchRabbitError(thrown)));
				return;
			}
			receipt.resolve();
			if (members.length > 0 && complete(members.map((member) => member.value))) this.#goOn(members, true, trace);
			await this.#arm();
		});
	}

	/** Resolves when everything that was taken is in the room. */
	async settled(): Promise<void> {
		await this.#turn;
	}

	tearDown(): void {
		this.#over = true;
		this.#timer?.unsubscribe();
		this.#timers.unsubscribe();
	}

	#goOn(members: readonly Waiting<T>[], complete: boolean, trace: Trace): void {
		const [first] = members;
		if (first === undefined || this.#over) return;
		const { key } = first;
		if (this.#underWay.has(key)) {
			if (complete) this.#underWay.set(key, members);
			return;
		}
		this.#underWay.set(key, undefined);
		const receipt = new Receipt((outcome) => {
			if (outcome.kind === "retry")
				this.#later(outcome.afterMs ?? againMs, () => this.#again(key, members, complete, trace));
			else this.#inTurn(() => this.#resolved(key, members, outcome, trace));
		});
		this.#emit({ value: { key, members: members.map(({ value }) => value), complete }, receipt, trace });
	}

	/** It came back: it goes on again, with what came to it meanwhile. */
	async #again(key: string, members: readonly Waiting<T>[], complete: boolean, trace: Trace): Promise<void> {
		const more = this.#underWay.get(key);
		this.#underWay.delete(key);
		this.#goOn(more ?? members, more !== undefined || complete, trace);
	}

	async #resolved(key: string, members: readonly Waiting<T>[], outcome: Outcome, trace: Trace): Promise<void> {
		const { room, once = false } = this.#options;
		if (outcome.kind === "rejected" || once) await room.leave(key, members);
		else await room.pass(key, members);
		const more = this.#underWay.get(key);
		this.#underWay.delete(key);
		if (more !== undefined) this.#goOn(more, true, trace);
		await this.#arm();
	}

	/** Sets the timer to the next group whose time is over, or takes care of those whose time is. */
	async #arm(): Promise<void> {
		const { room } = this.#options;
		this.#timer?.unsubscribe();
		const next = await room.nextDue();
		if (next === undefined || this.#over) return;
		const waitMs = Math.min(longestWaitMs, Math.max(0, next - this.#scheduler.now()));
		this.#timer = this.#scheduler.schedule(() => this.#inTurn(() => this.#timeIsOver()), waitMs);
	}

	async #timeIsOver(): Promise<void> {
		const { room, complete } = this.#options;
		for (const members of await room.due(this.#scheduler.now(), dueAtOnce)) {
			this.#goOn(members, complete(members.map(({ value }) => value)), startTrace());
		}
		// Those on their way stay due until they are resolved, which arms the timer again.
		if (this.#underWay.size === 0) await this.#arm();
	}

	#inTurn(task: () => Promise<void>): void {
		// The room is away: what was asked is asked again when it may be back.
		this.#turn = this.#turn.then(task).catch(() => this.#later(againMs, task));
	}

	#later(ms: number, task: () => Promise<void>): void {
		if (this.#over) return;
		this.#timers.add(this.#scheduler.schedule(() => this.#inTurn(task), ms));
	}
}
