import type { Clock } from "#core/clock.ts";
import type { Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import { delivered, failure, type Outcome, rejected, retry } from "#core/outcome.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { IncomingFile, Source } from "#core/ports/source.ts";
import { counted } from "#domain/counted.ts";
import { checkKey } from "#domain/key-rules.ts";
import { displayPath, type PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import { backoffMs } from "./backoff.ts";
import { Loop } from "./loop.ts";
import { pause } from "./persist.ts";

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
	/** Whether this process watches the directory: of several that see it, one takes its messages. */
	readonly isOurs: () => boolean;
	readonly clock: Clock;
	readonly report: Report;
	readonly onBroken: (error: WatchRabbitError) => void;
	/** How long a file may be announced before it is there; a message that is older waits no more. */
	readonly patienceMs?: number;
}

const minuteMs = 60_000;
const lookAgainMs = 1_000;
const firstDelayMs = 500;
const longestDelayMs = 10_000;

/**
 * Files that messages bring, on the way of all files: what is sent is put into the directory that a source watches, what
 * is announced is looked at there. A message is done with once the file is durable, or the ledger knows it: from then
 * on a scan finds it, whatever happens. The same message twice is the same file twice, and runs nothing.
 */
export class Ingest {
	readonly #context: IngestContext;
	readonly #loop = new Loop();

	constructor(context: IngestContext) {
		this.#context = context;
	}

	start(): void {
		this.#loop.start((signal) => this.#run(signal), this.#context.onBroken);
	}

	/** Whether every message that is there is done with; while the source is away nobody knows. */
	async idle(): Promise<boolean> {
		return await this.#context.source.idle().catch(() => false);
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
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

	async #take({ value, receipt }: Envelope<IncomingFile>): Promise<void> {
		const { name: queue, report } = this.#context;
		const outcome = await this.#keep(value).catch(failure);
		if (outcome.kind === "rejected") report({ event: "message.buried", queue, error: outcome.cause });
		receipt.resolve(outcome);
	}

	async #keep({ path, content, sentAt }: IncomingFile): Promise<Outcome> {
		const { inbox, root, look } = this.#context;
		if (content !== undefined) {
			await inbox.put(path, content);
			return delivered;
		}
		const relative = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
		checkKey(relative);
		return (await look(relative)) ? delivered : this.#notThere(relative, sentAt);
	}

	#notThere(path: PathString, sentAt: number): Outcome {
		const { clock, patienceMs = 10 * minuteMs } = this.#context;
		const what = `${displayPath(path)} was announced and is not there`;
		if (clock.now() - sentAt < patienceMs) return retry(transient("FILE_NOT_THERE", what), lookAgainMs);
		return rejected(
			permanent("FILE_NEVER_CAME", `${what} after ${counted(Math.round(patienceMs / minuteMs), "minute")}`, {
				fix: "Announce files under their path in the source's directory, and after they were written.",
			}),
		);
	}
}
