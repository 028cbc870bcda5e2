import type { Clock } from "#core/clock.ts";
import type { FeedCatalog, ReadCatalog } from "#core/ports/catalog.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { labEvents } from "#domain/lab-events.ts";
import type { Follower } from "./follower.ts";
import { LiveEvent } from "./live-event.ts";

export interface FeedContext {
	readonly catalog: FeedCatalog & Pick<ReadCatalog, "jobs" | "results">;
	readonly clock: Clock;
	/** Rung when something was written that histories tell; asked for when somebody begins to follow. */
	readonly moved: () => WakeUp;
	/** Events were sent to clients; `at`: when the oldest of them happened, where they are told as they happen. */
	readonly sent: (events: number, at?: number) => void;
	readonly linesAtOnce?: number;
	/** What was told last is kept, so that those who come back after a short while need no reader of their own. */
	readonly keptEvents?: number;
}

/** Another process may have written, and not every catalog can ring. */
const lookEveryMs = 50;
const afterTroubleMs = 1_000;
const keptBytes = 8_000_000;
/** So many read pages of their own at a time. */
const catchingUpAtOnce = 4;
const patienceMs = 30_000;

/** So many are looked through for one that is wanted. */
const mostPages = 10;

export interface FeedPage {
	readonly events: readonly LiveEvent[];
	readonly upTo: number;
	readonly more: boolean;
	readonly gap: string | undefined;
}

/**
 * The one reader of the histories for all clients of a process, while there are any. A client that is behind what is kept
 * here reads pages of its own until it is not, and then joins: it is offered what is kept above its place, and all that
 * comes, with nothing awaited between the look at where it is and its being one of those who are offered the next.
 */
export class Feed {
	readonly #context: FeedContext;
	readonly #joined = new Set<Follower>();
	/** What was told last, in order: all above `#keptFrom`, up to `#position`. */
	#kept: LiveEvent[] = [];
	#keptFrom = 0;
	#position = 0;
	#reading: { readonly stop: AbortController; readonly begun: Promise<void>; readonly over: Promise<void> } | undefined;
	#followers = 0;
	readonly #turns: (() => void)[] = [];
	#catchingUp = 0;

	constructor(context: FeedContext) {
		this.#context = context;
	}

	/** Where it begins that asks for what comes next. */
	async now(): Promise<number> {
		return (await this.#context.catalog.feedBounds()).last;
	}

	/** Resolves once it has joined, or is over; `leave` must be called afterwards. */
	async follow(follower: Follower): Promise<void> {
		this.#followers += 1;
		this.#reading ??= this.#begin();
		await this.#reading.begun;
		const gap = await this.#gap(follower.position);
		if (gap !== undefined) follower.gap(gap.why, gap.from);
		while (!follower.over) {
			if (follower.position >= this.#keptFrom) {
				this.#context.sent(follower.offer(this.#kept, this.#position));
				this.#joined.add(follower);
				return;
			}
			await this.#inTurn(() => this.#page(follower));
			await follower.taken(patienceMs);
		}
	}

	leave(follower: Follower): void {
		this.#joined.delete(follower);
		this.#followers -= 1;
		if (this.#followers > 0) return;
		this.#reading?.stop.abort();
		this.#reading = undefined;
		this.#kept = [];
	}

	/** For who does not follow. */
	async page(after: number, wants: (event: LiveEvent) => boolean): Promise<FeedPage> {
		const gap = await this.#gap(after);
		let upTo = gap?.from ?? after;
		for (let pages = 0; pages < mostPages; pages++) {
			const read = await this.#read(upTo);
			if (read.upTo === undefined) return { events: [], upTo, more: false, gap: gap?.why };
			upTo = read.upTo;
			const events = read.events.filter(wants);
			if (events.length > 0) return { events, upTo, more: read.more, gap: gap?.why };
		}
		return { events: [], upTo, more: true, gap: gap?.why };
	}

	/** What cannot be told to who has seen all up to there. */
	async #gap(after: number): Promise<{ readonly why: string; readonly from: number } | undefined> {
		const { last, forgotten } = await this.#context.catalog.feedBounds();
		if (after > last)
			return { why: "the id is of another catalog, or of one that was restored from a copy", from: last };
		if (after >= forgotten) return undefined;
		return { why: "some of what was told after this, of attempts that came to nothing, was forgotten", from: after };
	}

	/** What comes next for one that is behind. */
	async #page(follower: Follower): Promise<void> {
		const whole = this.#position;
		const { events, upTo } = await this.#read(follower.position);
		this.#context.sent(follower.offer(events, upTo ?? whole));
	}

	/** `upTo`: undefined where there is nothing more. */
	async #read(after: number) {
		const { catalog, linesAtOnce = 500 } = this.#context;
		const rows = await catalog.feed(after, linesAtOnce);
		const events = (await labEvents(rows, catalog)).map((event) => new LiveEvent(event));
		return { events, upTo: rows.at(-1)?.seq, more: rows.length === linesAtOnce };
	}

	#begin() {
		const stop = new AbortController();
		const begun = Promise.withResolvers<void>();
		const over = this.#run(stop.signal, begun.resolve);
		return { stop, begun: begun.promise, over };
	}

	async #run(signal: AbortSignal, begun: () => void): Promise<void> {
		const { clock } = this.#context;
		const moved = this.#context.moved();
		let started = false;
		while (!signal.aborted) {
			try {
				if (!started) {
					const { last } = await this.#context.catalog.feedBounds();
					if (signal.aborted) break;
					this.#position = last;
					this.#keptFrom = last;
					started = true;
					begun();
				}
				const { events, upTo } = await this.#read(this.#position);
				if (signal.aborted) break;
				if (upTo === undefined) {
					await moved.wait(lookEveryMs, clock, signal);
					continue;
				}
				this.#position = upTo;
				this.#keep(events);
				this.#tell(events);
			} catch {
				// That the catalog is away is told by who looks at it; who follows waits, and is told all later.
				await moved.wait(afterTroubleMs, clock, signal);
			}
		}
		begun();
	}

	#keep(events: readonly LiveEvent[]): void {
		const { keptEvents = 2_000 } = this.#context;
		this.#kept.push(...events);
		let bytes = this.#kept.reduce((sum, event) => sum + event.bytes, 0);
		if (this.#kept.length <= keptEvents && bytes <= keptBytes) return;
		const left = this.#kept.findIndex((event, i) => {
			const few = this.#kept.length - i <= keptEvents / 2 && bytes <= keptBytes / 2;
			if (!few) bytes -= event.bytes;
			return few;
		});
		const forgotten = this.#kept.splice(0, left === -1 ? this.#kept.length : left);
		this.#keptFrom = forgotten.at(-1)?.of.seq ?? this.#keptFrom;
	}

	#tell(events: readonly LiveEvent[]): void {
		let sent = 0;
		for (const follower of this.#joined) sent += follower.offer(events, this.#position);
		this.#context.sent(sent, events[0]?.of.at);
	}

	async #inTurn(work: () => Promise<void>): Promise<void> {
		while (this.#catchingUp >= catchingUpAtOnce) await new Promise<void>((resolve) => this.#turns.push(resolve));
		this.#catchingUp += 1;
		try {
			await work();
		} finally {
			this.#catchingUp -= 1;
			this.#turns.shift()?.();
		}
	}
}
