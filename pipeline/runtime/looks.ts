import { asWatchRabbitError, transient, type WatchRabbitError } from "#core/errors.ts";
import type { Report } from "#domain/report.ts";
import { Loop } from "./loop.ts";
import { type PersistContext, pause, persist } from "./persist.ts";

/** What this process works with, and how to see whether it is there. */
export interface Neighbour {
	/** As those who call it name it. */
	readonly name: string;
	/** Asks it for something that costs it nothing; what stands there, in words. */
	readonly look: () => Promise<string>;
	/** It tells by itself that it is away. */
	readonly tellsItself?: true;
	/** A look that hangs, as at a share whose server is gone, holds a thread: there is never a second one. */
	readonly holdsThread?: true;
}

interface Pending {
	/** By the monotonic clock. */
	readonly since: number;
	readonly answer: Promise<string>;
}

type LooksContext = Omit<PersistContext, "signal"> & { readonly onBroken: (error: WatchRabbitError) => void };

const lookEveryMs = 15_000;
/** One that tells by itself when it is away. */
const lookAgainMs = 5_000;
/** One that takes longer is as good as away: who calls it waits as long. */
const patienceMs = 5_000;
/** A call that was not answered for so long never will be: it was of a connection that is no more. */
const giveUpMs = 60_000;

/**
 * Looks at each neighbour now and then, so that one knows how it is and how long it takes also when nothing is asked of
 * it, as in the night before the instruments begin. One that is away is looked at with the patience of all who call it.
 */
export class Looks {
	readonly #context: LooksContext;
	readonly #loops: readonly Loop[];
	readonly #neighbours: readonly Neighbour[];

	constructor(neighbours: readonly Neighbour[], context: LooksContext) {
		this.#neighbours = neighbours;
		this.#context = context;
		this.#loops = neighbours.map(() => new Loop());
	}

	start(): void {
		for (const [at, neighbour] of this.#neighbours.entries()) {
			this.#loops[at]?.start((signal) => this.#follow(neighbour, signal), this.#context.onBroken);
		}
	}

	async stop(): Promise<void> {
		await Promise.all(this.#loops.map((loop) => loop.stop()));
	}

	async #follow({ name, look, tellsItself, holdsThread }: Neighbour, signal: AbortSignal): Promise<void> {
		const { clock, report } = this.#context;
		const patient = { clock, report: told(report), signal };
		let pending: Pending | undefined;
		const begin = (since: number): Pending => {
			const answer = look().finally(() => {
				if (pending === begun) pending = undefined;
			});
			const begun = { since, answer };
			return begun;
		};
		const once = async () => {
			const startedAt = clock.monotonic();
			if (!holdsThread && pending !== undefined && startedAt - pending.since >= giveUpMs) pending = undefined;
			pending ??= begin(startedAt);
			const detail = await this.#within(pending.answer, name, signal);
			return { detail, seconds: (clock.monotonic() - startedAt) / 1000 };
		};
		const ask = () =>
			tellsItself ? once().catch(() => undefined) : persist(name, () => once().catch(passing), patient);
		while (!signal.aborted) {
			const seen = await ask();
			if (seen !== undefined) report({ event: "neighbour.looked", neighbour: name, ...seen });
			await pause(seen === undefined ? lookAgainMs : lookEveryMs, patient);
		}
	}

	/** Rejects when it is late, and when nobody wants to know any more. */
	async #within<T>(task: Promise<T>, name: string, signal: AbortSignal): Promise<T> {
		const over = new AbortController();
		const { clock } = this.#context;
		const late = pause(patienceMs, { clock, signal: AbortSignal.any([signal, over.signal]) }).then(() => {
			throw transient("NEIGHBOUR_SLOW", `${name} has not answered for ${patienceMs / 1000} s`);
		});
		return await Promise.race([task, late]).finally(() => over.abort());
	}
}

/** Nobody called it: those who do know better whether it is there. */
function told(report: Report): Report {
	return (event) => {
		const { event: name } = event;
		const isTold = name === "neighbour.away" || name === "neighbour.retried" || name === "neighbour.back";
		report(isTold ? { ...event, byLook: true } : event);
	};
}

/** What a person must mend may be mended at any time: it is looked at again. */
function passing(thrown: unknown): never {
	const { code, message, fix } = asWatchRabbitError(thrown);
	throw transient(code, message, { cause: thrown, ...(fix === undefined ? {} : { fix }) });
}
