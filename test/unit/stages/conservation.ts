import fc from "fast-check";
import { Subject, Subscription, tap, VirtualTimeScheduler } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import { permanent, transient } from "#core/errors.ts";
import { delivered, type Outcome, rejected, retry, worse } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";
import { type Step, type Story, story } from "./story.ts";

/**
 * The law that every stage keeps: the receipt of each message that comes in is passed on, forked, joined or resolved,
 * exactly once, and what it is resolved with is the worst of what became of the message behind the stage. It holds
 * whatever the order of messages, time, outcomes and answers, and however the stream ends.
 *
 * A story is told to the stage step by step; then everything that is still open is ended, and the books are compared.
 */
export interface Message {
	readonly id: number;
	readonly key: string;
	/** What the stage's own functions make of it: their meaning is the stage's. */
	readonly mood: number;
}

/** What a stage under test may use. Whoever answers it with a promise does so when the story says. */
export interface World {
	readonly scheduler: VirtualTimeScheduler;
	/** Resolves, or is rejected with a transient cause, at some later step. */
	answer(): Promise<void>;
}

export interface StageUnderTest {
	/** The stage; what comes out says which messages are in it. */
	open(world: World): Stage<Message, readonly Message[]>;
	/** What may become of a message that never came out: a breach in words, or undefined. */
	unseen(entry: Entry, all: readonly Entry[]): string | undefined;
}

/** A message that went in, and what is known of it. */
export interface Entry {
	readonly message: Message;
	outcome: Outcome | undefined;
	/** How many messages had gone in when it was resolved. */
	resolvedAfter: number;
	/** The worst of what became of it behind the stage; undefined while it has not come out, or not come back. */
	behind: Outcome | undefined;
	cameOut: boolean;
}

/** A stage's own function fails on one mood: its message is rejected, and hurts no other. */
export const badMood = 9;

export function keyOf({ key, mood }: Message): string {
	if (mood === badMood) throw new Error("no key for this mood");
	return key;
}

/** Told by the consumer, not decided by the stage. */
export function isTold(outcome: Outcome | undefined): boolean {
	return outcome !== undefined && outcome.kind !== "delivered" && outcome.cause.code === "TOLD";
}

/** @throws when some story breaks the law, with the shortest such story that was found */
export async function checkConservation(stage: StageUnderTest, stories = 150): Promise<void> {
	await fc.assert(
		fc.asyncProperty(story, async (told) => {
			const stream = new Stream(stage, told.leavesAt);
			for (const [i, each] of told.steps.entries()) {
				if (i === told.end.after) await stream.end(told.end.kind);
				await stream.take(each);
			}
			await stream.end(told.end.after >= told.steps.length ? told.end.kind : "none");
			const breaches = await stream.close();
			if (breaches.length > 0) throw new Error(breaches.join("\n"));
		}),
		{ numRuns: stories },
	);
}

class WatchedReceipt extends Receipt {
	readonly #onSecond: () => void;

	constructor(onResolve: (outcome: Outcome) => void, onSecond: () => void) {
		super(onResolve);
		this.#onSecond = onSecond;
	}

	override resolve(outcome?: Outcome): void {
		if (this.resolved) this.#onSecond();
		super.resolve(outcome);
	}
}

const sourceBroken = new Error("the source is broken");

class Stream {
	readonly #scheduler = new VirtualTimeScheduler();
	readonly #source$ = new Subject<Envelope<Message>>();
	readonly #subscription = new Subscription();
	readonly #entries: Entry[] = [];
	readonly #answers: ((fails: boolean) => void)[] = [];
	readonly #out: Envelope<readonly Message[]>[] = [];
	readonly #breaches: string[] = [];
	readonly #stage: StageUnderTest;
	#given = 0;
	#told = 0;

	constructor(stage: StageUnderTest, leavesAt: number) {
		this.#stage = stage;
		this.#scheduler.maxFrames = 0;
		const answer = () =>
			new Promise<void>((resolve, reject) => {
				this.#answers.push((fails) => (fails ? reject(transient("AWAY", "away")) : resolve()));
			});
		const out$ = this.#source$.pipe(
			stage.open({ scheduler: this.#scheduler, answer }),
			tap((envelope) => {
				this.#receive(envelope);
				if (++this.#given === leavesAt) this.#subscription.unsubscribe();
			}),
		);
		const error = (thrown: unknown) => {
			if (thrown !== sourceBroken) this.#breaches.push(`the stage broke: ${thrown}`);
		};
		this.#subscription.add(out$.subscribe({ error }));
	}

	async take(step: Step): Promise<void> {
		if (step.step === "message") this.#send(step);
		else if (step.step === "answer") this.#answers.shift()?.(step.fails);
		else if (step.step === "outcome") this.#tell(step.which, step.outcome);
		else {
			this.#scheduler.maxFrames += step.ms;
			this.#scheduler.flush();
			this.#scheduler.frame = this.#scheduler.maxFrames;
		}
		await allPromises();
	}

	async end(kind: Story["end"]["kind"]): Promise<void> {
		if (kind === "complete") this.#source$.complete();
		if (kind === "error") this.#source$.error(sourceBroken);
		if (kind === "unsubscribe") this.#subscription.unsubscribe();
		await allPromises();
	}

	/** As a runner at last: everything gets its time, then the stage is taken down, and the books are compared. */
	async close(): Promise<readonly string[]> {
		await this.#letGo();
		await this.end("unsubscribe");
		await this.#letGo();
		return [...this.#breaches, ...this.#entries.flatMap((entry) => this.#breachOf(entry) ?? [])];
	}

	async #letGo(): Promise<void> {
		for (let quiet = 0; quiet < 2; quiet++) {
			if (this.#answers.length + this.#out.length > 0) quiet = 0;
			for (const answer of this.#answers.splice(0)) answer(false);
			while (this.#out.length > 0) this.#tell(0, "delivered");
			await this.take({ step: "time", ms: 10_000 });
		}
	}

	#send({ key, mood }: { readonly key: string; readonly mood: number }): void {
		// What a source has left when nobody listens is its own affair.
		if (!this.#source$.observed) return;
		const message = { id: this.#entries.length, key, mood };
		const entry: Entry = { message, outcome: undefined, resolvedAfter: 0, behind: undefined, cameOut: false };
		this.#entries.push(entry);
		const receipt = new WatchedReceipt(
			(outcome) => {
				entry.outcome = outcome;
				entry.resolvedAfter = this.#entries.length;
			},
			() => this.#breaches.push(`message ${message.id} was resolved twice`),
		);
		this.#source$.next({ value: message, receipt, trace: { traceparent: String(message.id) } });
	}

	#receive(envelope: Envelope<readonly Message[]>): void {
		for (const { id } of envelope.value) {
			const entry = this.#entries[id] as Entry;
			entry.cameOut = true;
			if (entry.outcome !== undefined) this.#breaches.push(`message ${id} came out after it was resolved`);
		}
		this.#out.push(envelope);
	}

	/** Each outcome is told apart by its cause. */
	#tell(which: number, kind: Outcome["kind"]): void {
		const [envelope] = this.#out.splice(which % Math.max(1, this.#out.length), 1);
		if (envelope === undefined) return;
		const cause = `outcome ${this.#told++}`;
		const outcome =
			kind === "delivered"
				? delivered
				: kind === "retry"
					? retry(transient("TOLD", cause), 3)
					: rejected(permanent("TOLD", cause));
		for (const { id } of envelope.value) {
			const entry = this.#entries[id] as Entry;
			entry.behind = entry.behind === undefined ? outcome : worse(entry.behind, outcome);
		}
		envelope.receipt.resolve(outcome);
	}

	#breachOf(entry: Entry): string | undefined {
		const { message, outcome, behind, cameOut } = entry;
		const name = `message ${message.id} (${message.key}, mood ${message.mood})`;
		if (outcome === undefined) return `${name} was never resolved`;
		if (!cameOut) {
			const breach = this.#stage.unseen(entry, this.#entries);
			return breach === undefined ? undefined : `${name} ${breach}: ${shown(outcome)}`;
		}
		// The stage may have made it worse (an end, a room that is away), and never better.
		if (behind === outcome || (behind !== undefined && !isTold(outcome) && worse(outcome, behind) === outcome)) return;
		return `${name} was resolved as ${shown(outcome)}, but came back as ${shown(behind)}`;
	}
}

function shown(outcome: Outcome | undefined): string {
	if (outcome === undefined) return "nothing";
	return outcome.kind === "delivered" ? "delivered" : `${outcome.kind} (${outcome.cause.message})`;
}

/** Everything that waits only for promises has run. */
function allPromises(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
