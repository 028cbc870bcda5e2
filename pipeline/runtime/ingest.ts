import type { Clock } from "#core/clock.ts";
import type { Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, permanent, type WatchRabbitError } from "#core/errors.ts";
import { delivered, failure, type Outcome, rejected } from "#core/outcome.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { IncomingFile, Source } from "#core/ports/source.ts";
import type { Waiting, WaitingRoom } from "#core/ports/waiting-room.ts";
import { type Trace, traceIn } from "#core/trace.ts";
import { counted } from "#domain/counted.ts";
import { checkKey } from "#domain/key-rules.ts";
import { displayPath, type PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import { backoffMs } from "./backoff.ts";
import { Loop } from "./loop.ts";
import { type PersistContext, pause, persist } from "./persist.ts";

export interface IngestContext {
	/** Of the source whose directory the files are in. */
	readonly name: string;
	/** That directory. */
	readonly root: PathString;
	readonly source: Source;
	/** Keeps what is sent in the directory, whole or not at all. */
	readonly inbox: Pick<ObjectStore, "put">;
	/** Looks at a path of the directory, and says whether the ledger knows it now. */
	readonly look: (path: PathString) => Promise<boolean>;
	/** What waits there to be found complete goes on in this trace. */
	readonly cameFrom: (path: PathString, origin: Trace) => void;
	/** Whether this process watches the directory: of several that see it, one takes its messages. */
	readonly isOurs: () => boolean;
	readonly clock: Clock;
	readonly report: Report;
	readonly onBroken: (error: WatchRabbitError) => void;
	/** Where announcements wait that are not in hand any more; who watches the directory next goes on with them. */
	readonly waits: WaitingRoom<Announced>;
	/** How long a file may be announced before it is there; a message that is older waits no more. */
	readonly patienceMs?: number;
}

export interface Announced {
	readonly path: PathString;
	/** The message, for the dead letters. */
	readonly letter: string;
	/** In which trace it was announced, if in one. */
	readonly traceparent?: string;
}

/** Its file never came. */
interface Overdue {
	readonly one: Waiting<Announced>;
	readonly cause: WatchRabbitError;
}

const minuteMs = 60_000;
const lookAgainMs = 1_000;
const lookedForAtOnce = 256;
const firstDelayMs = 500;
const longestDelayMs = 10_000;

/**
 * Files that messages bring, on the way of all files: what is sent is put into the directory that a source watches, what
 * is announced is looked at there. A message is done with once the file is durable, or the ledger knows it: from then
 * on a scan finds it, whatever happens. The same message twice is the same file twice, and runs nothing. One that is told
 * of a file before it is there waits as a row, and holds up none of those behind it.
 */
export class Ingest {
	readonly #context: IngestContext;
	readonly #loop = new Loop();
	readonly #waiting = new Loop();
	/** Nobody knows at first, and after another watched. */
	#mayWait = true;

	constructor(context: IngestContext) {
		this.#context = context;
	}

	start(): void {
		this.#loop.start((signal) => this.#run(signal), this.#context.onBroken);
		this.#waiting.start((signal) => this.#followWaiting(signal), this.#context.onBroken);
	}

	/** Whether every message that is there is done with; while the source is away nobody knows. */
	async idle(): Promise<boolean> {
		const { source, waits } = this.#context;
		const idle = async () => (await source.idle()) && (await waits.nextDue()) === undefined;
		return await idle().catch(() => false);
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
		await this.#waiting.stop();
	}

	/** What it refuses waits for somebody to correct it, as if it were away: files on disk go on. */
	async #run(signal: AbortSignal): Promise<void> {
		const { name, source, clock, report } = this.#context;
		const neighbour = `messages of ${name}`;
		const take = (envelope: Envelope<IncomingFile>) => void this.#take(envelope);
		let failures = 0;
		const hears = () => {
			if (failures > 0) report({ event: "neighbour.back", neighbour, attempts: failures });
			failures = 0;
		};
		while (!signal.aborted) {
			const ours = await this.#untilOurs(signal);
			if (signal.aborted) return;
			try {
				await source.run(take, ours, hears);
			} catch (thrown) {
				if (signal.aborted) return;
				const againInMs = backoffMs(++failures, firstDelayMs, longestDelayMs);
				const error = asWatchRabbitError(thrown);
				if (failures === 1) report({ event: "neighbour.away", neighbour, error, againInMs });
				else report({ event: "neighbour.retried", neighbour, error, attempts: failures, againInMs });
				await pause(againInMs, { clock, signal }).catch(() => {});
			}
		}
	}

	/** Resolves when the directory is ours to watch, to what aborts when it is no more, and with the signal. */
	async #untilOurs(signal: AbortSignal): Promise<AbortSignal> {
		const { clock, isOurs } = this.#context;
		const look = () => pause(lookAgainMs, { clock, signal }).catch(() => {});
		while (!isOurs() && !signal.aborted) await look();
		const left = new AbortController();
		const follow = async () => {
			while (isOurs() && !signal.aborted) await look();
			left.abort();
		};
		void follow();
		return left.signal;
	}

	async #take({ value, receipt, trace }: Envelope<IncomingFile>): Promise<void> {
		const { name: queue, report } = this.#context;
		const outcome = await this.#keep(value).catch(failure);
		if (outcome.kind === "rejected") report({ event: "message.buried", queue, ...trace, error: outcome.cause });
		receipt.resolve(outcome);
	}

	async #keep({ path, content, sentAt, id, origin, letter }: IncomingFile): Promise<Outcome> {
		const { inbox, root, clock, waits, patienceMs = 10 * minuteMs } = this.#context;
		if (content !== undefined) {
			await inbox.put(path, content);
			// For the sake of its trace alone: the directory's watcher finds it anyway, and what is durable is not sent again.
			if (origin !== undefined) await this.#isKnown(path, origin).catch(() => false);
			return delivered;
		}
		const relative = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
		checkKey(relative);
		const now = clock.now();
		const dueAt = Math.min(sentAt, now) + patienceMs;
		const found = await this.#look(relative, dueAt, origin);
		if (found !== undefined) return found;
		const value = { path: relative, letter: letter(), ...origin };
		await waits.put({ key: id, id, value, since: now, dueAt });
		this.#mayWait = true;
		return delivered;
	}

	/** Undefined: it is not there yet, and may be until then. */
	async #look(path: PathString, until: number, origin: Trace | undefined): Promise<Outcome | undefined> {
		const { clock, patienceMs = 10 * minuteMs } = this.#context;
		if (await this.#isKnown(path, origin)) return delivered;
		if (clock.now() < until) return undefined;
		const patience = counted(Math.round(patienceMs / minuteMs), "minute");
		return rejected(
			permanent("FILE_NEVER_CAME", `${displayPath(path)} was announced and is not there after ${patience}`, {
				fix: "Announce files under their path in the source's directory, and after they were written.",
			}),
		);
	}

	/** Looks at it, and has it go on in its trace. */
	async #isKnown(path: PathString, origin: Trace | undefined): Promise<boolean> {
		const { look, cameFrom } = this.#context;
		const isKnown = await look(path);
		if (isKnown && origin !== undefined) cameFrom(path, origin);
		return isKnown;
	}

	async #followWaiting(signal: AbortSignal): Promise<void> {
		const { name, isOurs, clock, report } = this.#context;
		const patient = { clock, report, signal };
		while (!signal.aborted) {
			let refusal: WatchRabbitError | undefined;
			if (!isOurs()) this.#mayWait = true;
			else if (this.#mayWait) refusal = await this.#lookForWaiting(patient);
			const againInMs = refusal === undefined ? lookAgainMs : longestDelayMs;
			if (refusal !== undefined) {
				report({ event: "neighbour.away", neighbour: `dead letters of ${name}`, error: refusal, againInMs });
			}
			await pause(againInMs, patient);
		}
	}

	/**
	 * Those that wait longest first; a scan finds what is not asked about here. All are looked for before any is buried.
	 * Where that cannot be told or done now, one waits on.
	 *
	 * @returns why the dead letters did not take one
	 */
	async #lookForWaiting(patient: PersistContext): Promise<WatchRabbitError | undefined> {
		const { waits } = this.#context;
		this.#mayWait = false;
		const due = () => waits.due(Number.MAX_SAFE_INTEGER, lookedForAtOnce);
		const waiting = (await persist("catalog", due, patient)).flat();
		if (waiting.length > 0) this.#mayWait = true;
		const overdue: Overdue[] = [];
		for (const one of waiting) {
			if (patient.signal.aborted) return undefined;
			const outcome = await this.#look(one.value.path, one.dueAt, traceIn(one.value.traceparent)).catch(failure);
			if (outcome?.kind === "rejected") overdue.push({ one, cause: outcome.cause });
			if (outcome?.kind === "delivered") await this.#leave(one, patient);
		}
		return await this.#bury(overdue, patient);
	}

	/** Dead letters that refuse one may take the next; those that are away are not asked again. */
	async #bury(overdue: readonly Overdue[], patient: PersistContext): Promise<WatchRabbitError | undefined> {
		const { name: queue, source, report } = this.#context;
		let refusal: WatchRabbitError | undefined;
		for (const { one, cause } of overdue) {
			if (patient.signal.aborted || refusal?.class === "transient") break;
			const error = await source.bury(one.value.letter, cause).then(() => undefined, asWatchRabbitError);
			if (error === undefined) {
				report({ event: "message.buried", queue, error: cause });
				await this.#leave(one, patient);
			} else refusal = error;
		}
		return refusal;
	}

	async #leave(one: Waiting<Announced>, patient: PersistContext): Promise<void> {
		await persist("catalog", () => this.#context.waits.leave(one.key, [one]), patient);
	}
}
