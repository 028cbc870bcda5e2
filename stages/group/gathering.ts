import { asyncScheduler, type SchedulerLike } from "rxjs";
import { Agenda, Appointment } from "#core/agenda.ts";
import type { Envelope } from "#core/envelope.ts";
import { asWatchRabbitError } from "#core/errors.ts";
import { delivered, failure, type Outcome, retry, tornDown } from "#core/outcome.ts";
import type { Waiting } from "#core/ports/waiting-room.ts";
import { Receipt } from "#core/receipt.ts";
import { emit, type Inlet, type Outlet } from "#core/stage.ts";
import { startTrace, type Trace } from "#core/trace.ts";
import type { Group, GroupOptions } from "../group.ts";

/** When the room is away, or a group comes back without a time: asked again after this. */
const againMs = 1_000;
const dueAtOnce = 100;

/** What a key holds, as the room said last, and the receipts that follow what becomes of it. */
interface Known<T> {
	readonly members: readonly Waiting<T>[];
	readonly receipts: Receipt[];
	readonly trace: Trace;
}

/** A group that went on and is not resolved, or rests because it came back; and what came to its key meanwhile. */
interface OnItsWay<T> extends Known<T> {
	later: Known<T> | undefined;
	resting: boolean;
}

/** The members of one `group`: what the room knows of them, and which groups are on their way. */
export class Gathering<T> implements Inlet<T> {
	readonly #options: GroupOptions<T>;
	readonly #outlet: Outlet<Group<T>>;
	readonly #scheduler: SchedulerLike;
	readonly #agenda: Agenda<Appointment>;
	readonly #look = new Appointment(() => this.#sweep());
	/** The last sweep. Nothing is written during one: what it was told is true, and what an earlier life left goes on as it was. */
	#sweeping: Promise<unknown> = Promise.resolve();
	/** By key, the last write: one after the other, so that two members do not both complete a group. */
	readonly #turns = new Map<string, Promise<void>>();
	readonly #onTheirWay = new Map<string, OnItsWay<T>>();
	#completed = false;
	#over = false;

	constructor(options: GroupOptions<T>, outlet: Outlet<Group<T>>) {
		this.#options = options;
		this.#outlet = outlet;
		this.#scheduler = options.scheduler ?? asyncScheduler;
		this.#agenda = new Agenda(this.#scheduler, ({ keep }) => keep());
		this.#sweep();
	}

	next(envelope: Envelope<T>): void {
		const place = this.#options.place(envelope.value);
		if (place === undefined) {
			envelope.receipt.resolve();
			return;
		}
		this.#inTurn(place.key, () => this.#arrive(place, envelope));
	}

	complete(): void {
		this.#completed = true;
		if (this.#turns.size === 0) this.#outlet.complete();
	}

	release(): void {
		this.#over = true;
		this.#agenda.clear();
		for (const { resting, later } of this.#onTheirWay.values()) if (resting) resolveAll(later?.receipts, tornDown);
	}

	async #arrive(place: { readonly key: string; readonly id: string }, envelope: Envelope<T>): Promise<void> {
		const { value, receipt, trace } = envelope;
		if (this.#over) {
			receipt.resolve(tornDown);
			return;
		}
		const onItsWay = this.#onTheirWay.get(place.key);
		if (onItsWay !== undefined && !onItsWay.resting && isAmong(onItsWay.members, place.id, value)) {
			onItsWay.receipts.push(receipt);
			return;
		}
		const { room, timeMs } = this.#options;
		const since = this.#scheduler.now();
		try {
			const members = await room.put({ ...place, value, since, dueAt: since + timeMs });
			if (members === undefined) receipt.resolve();
			else this.#consider(place.key, { members, receipts: [receipt], trace });
		} catch (thrown) {
			receipt.resolve(failure(thrown));
		}
	}

	/** Sends on what is complete, or whose time is over; else it waits in the room. */
	#consider(key: string, known: Known<T>): void {
		const { members, receipts } = known;
		if (this.#over) {
			resolveAll(receipts, tornDown);
			return;
		}
		const onItsWay = this.#onTheirWay.get(key);
		if (onItsWay !== undefined) {
			onItsWay.later = { ...known, receipts: [...(onItsWay.later?.receipts ?? []), ...receipts] };
			return;
		}
		const enough = this.#enough(members.map(({ value }) => value));
		const dueAt = members.reduce((least, member) => Math.min(least, member.dueAt), Number.POSITIVE_INFINITY);
		const dueInMs = dueAt - this.#scheduler.now();
		if (enough > 0) this.#goOn(key, known, enough, true);
		else if (dueInMs <= 0) this.#goOn(key, known, members.length, false);
		else {
			this.#agenda.setNoLater(this.#look, dueInMs);
			resolveAll(receipts, delivered);
		}
	}

	/** How many of the members, in order of arrival, go on as complete. */
	#enough(values: readonly T[]): number {
		const { complete, once = false } = this.#options;
		if (values.length === 0 || !complete(values)) return 0;
		if (!once) return values.length;
		let enough = 1;
		while (enough < values.length && !complete(values.slice(0, enough))) enough++;
		return enough;
	}

	#goOn(key: string, known: Known<T>, count: number, complete: boolean): void {
		const members = known.members.slice(0, count);
		const rest = count < known.members.length ? { ...known, receipts: [] } : undefined;
		const onItsWay: OnItsWay<T> = { ...known, members, later: rest, resting: false };
		this.#onTheirWay.set(key, onItsWay);
		const value = { key, members: members.map((member) => member.value), complete };
		const receipt = new Receipt((outcome) => this.#inTurn(key, () => this.#resolved(value, onItsWay, outcome)));
		emit(this.#outlet, { value, receipt, trace: known.trace });
	}

	async #resolved(group: Group<T>, onItsWay: OnItsWay<T>, told: Outcome): Promise<void> {
		const outcome = await this.#writeDown(group, onItsWay.members, told);
		resolveAll(onItsWay.receipts, outcome);
		if (outcome.kind === "retry" && !this.#over) {
			onItsWay.resting = true;
			this.#agenda.set(new Appointment(() => this.#leaveTheWay(group.key, onItsWay)), outcome.afterMs ?? againMs);
		} else this.#leaveTheWay(group.key, onItsWay);
	}

	/** What the room is to know of it. When the room is away, its members still wait there: sent again, it is the same group. */
	async #writeDown(group: Group<T>, members: readonly Waiting<T>[], outcome: Outcome): Promise<Outcome> {
		const { room, once = false, rejected } = this.#options;
		if (outcome.kind === "retry") return outcome;
		try {
			if (outcome.kind === "rejected") rejected?.(group, outcome.cause);
			if (outcome.kind === "delivered" && !once) await room.pass(group.key, members);
			else {
				await (once ? room.depart(group.key, members) : room.leave(group.key, members));
				this.#forget(group.key, members);
			}
			return outcome;
		} catch (thrown) {
			return retry(asWatchRabbitError(thrown));
		}
	}

	/** What came meanwhile knows nothing of what left; what was put again since is another thing, and stays. */
	#forget(key: string, left: readonly Waiting<T>[]): void {
		const onItsWay = this.#onTheirWay.get(key);
		if (onItsWay?.later === undefined) return;
		const since = new Map(left.map((member) => [member.id, member.since]));
		const members = onItsWay.later.members.filter((member) => since.get(member.id) !== member.since);
		onItsWay.later = { ...onItsWay.later, members };
	}

	#leaveTheWay(key: string, { later, receipts }: OnItsWay<T>): void {
		this.#onTheirWay.delete(key);
		try {
			if (later !== undefined) this.#consider(key, later);
		} catch (thrown) {
			resolveAll(later?.receipts, failure(thrown));
		}
		// One of those whose time was over: there may be more of them than are sent at once.
		if (receipts.length === 0 && !this.#over) this.#agenda.setNoLater(this.#look, 0);
	}

	#inTurn(key: string, task: () => Promise<void>): void {
		const turn: Promise<void> = Promise.all([this.#turns.get(key), this.#sweeping])
			.then(task)
			.catch((thrown) => this.#outlet.error(thrown))
			.then(() => {
				if (this.#turns.get(key) === turn) this.#turns.delete(key);
				if (this.#completed) this.complete();
			});
		this.#turns.set(key, turn);
	}

	#sweep(): void {
		this.#sweeping = Promise.all([this.#sweeping, ...this.#turns.values()])
			.then(() => this.#sendDue())
			.catch((thrown) => this.#outlet.error(thrown));
	}

	/** Sends on the groups whose time is over, and looks again when the next one's is. */
	async #sendDue(): Promise<void> {
		const { room } = this.#options;
		if (this.#over) return;
		let lookInMs = againMs;
		try {
			const due = await room.due(this.#scheduler.now(), dueAtOnce + this.#onTheirWay.size);
			for (const members of due) {
				const key = members[0]?.key;
				if (key === undefined || this.#onTheirWay.has(key)) continue;
				this.#consider(key, { members, receipts: [], trace: startTrace() });
			}
			const next = await room.nextDue();
			if (next === undefined) return;
			const waitMs = next - this.#scheduler.now();
			if (waitMs > 0) lookInMs = waitMs;
		} catch (thrown) {
			if (asWatchRabbitError(thrown).class !== "transient") throw thrown;
		}
		if (!this.#over) this.#agenda.setNoLater(this.#look, lookInMs);
	}
}

/** Redelivered while its group is on its way: it would replace itself in the room, and be there still when its group is done. */
function isAmong<T>(members: readonly Waiting<T>[], id: string, value: T): boolean {
	const same = members.find((member) => member.id === id);
	return same !== undefined && JSON.stringify(same.value) === JSON.stringify(value);
}

function resolveAll(receipts: readonly Receipt[] | undefined, outcome: Outcome): void {
	for (const receipt of receipts ?? []) receipt.resolve(outcome);
}
