import { map, mergeMap, type Observable, type Subscription } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import { Receipt } from "#core/receipt.ts";
import { startTrace } from "#core/trace.ts";
import type { PathString } from "#domain/path.ts";
import { noteWatchMode } from "#domain/watch-mode.ts";
import { coalesce } from "#stages/coalesce.ts";
import type { EdgeSource } from "./edge-source.ts";
import { type PersistContext, persist } from "./persist.ts";

export interface SourceWatchContext extends PersistContext {
	readonly source: EdgeSource;
	readonly ledger: Ledger;
	readonly onBroken: (error: WatchRabbitError) => void;
}

/** A directory that moves is scanned at once, and again when it has been quiet for so long, or at the latest after. */
const hintQuietMs = 10;
const hintMaxWaitMs = 100;
const scansAtOnce = 4;

/** One source: hint -> coalesce -> scan of that directory -> ledger. */
export class SourceWatch {
	readonly #context: SourceWatchContext;
	#hints: Subscription | undefined;

	constructor(context: SourceWatchContext) {
		this.#context = context;
	}

	/** Resolves when it is watched, and scanned once. */
	async start(): Promise<void> {
		const { source, ledger, onBroken } = this.#context;
		this.#hints = this.#scanning().subscribe({ error: onBroken });
		await source.start();
		noteWatchMode(ledger, source.settings.name, source.watching);
	}

	async scan(directory: PathString): Promise<void> {
		const { source, clock, report, signal } = this.#context;
		try {
			await persist("ledger", () => source.scanDirectory(directory), { clock, report, signal });
		} catch (thrown) {
			if (signal.aborted) return;
			report({ event: "source.trouble", source: source.settings.name, error: asWatchRabbitError(thrown) });
		}
	}

	async close(): Promise<void> {
		this.#hints?.unsubscribe();
		await this.#context.source.close();
	}

	/** The scan is the truth, so a hint is resolved whatever it finds. */
	#scanning(): Observable<unknown> {
		return this.#context.source.hints$.pipe(
			map(
				(directory): Envelope<PathString> => ({
					value: directory,
					receipt: new Receipt(() => {}),
					trace: startTrace(),
				}),
			),
			coalesce({ key: (directory) => directory, quietMs: hintQuietMs, maxWaitMs: hintMaxWaitMs }),
			mergeMap(async ({ value, receipt }) => {
				await this.scan(value);
				receipt.resolve();
			}, scansAtOnce),
		);
	}
}
