import { type Observable, Subject } from "rxjs";
import type { Clock } from "#core/clock.ts";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import type { SourceSettings } from "#domain/settings.ts";
import type { WatchMode } from "#domain/watch-mode.ts";
import { FirstStartMemory } from "./first-start.ts";
import { Pace, rest } from "./pace.ts";
import { Scan, type ScanContext } from "./scan.ts";
import { shareOf } from "./share.ts";
import { Touched } from "./touched.ts";
import { walk } from "./walk.ts";
import { WatchedDirectories } from "./watched-directories.ts";
import { nameOf, parentOf } from "./watcher.ts";

export interface FileSourceContext {
	readonly settings: SourceSettings;
	readonly ledger: Ledger;
	readonly clock: Clock;
	readonly report: Report;
	/** Called after observations were written into the ledger. */
	readonly onObserved: () => void;
}

/** Of one core, for the full scans that run beside everything else. */
const backgroundShare = 0.05;
/** For a full scan that is due at once because events were lost. */
const urgentShare = 0.5;
/** After a full scan that failed; doubles up to the interval of the scans. */
const firstAgainMs = 1_000;

/**
 * A watched directory. Events are hints that a directory moved; scans against the ledger are the truth: one over all
 * at the start, one after events were lost, one on an interval, and one of each directory that a hint names.
 */
export class FileSource {
	readonly settings: SourceSettings;
	/** Directories in which something may have changed, each once until it is scanned. */
	readonly hints$: Observable<PathString>;
	readonly #hints = new Subject<PathString>();
	readonly #context: FileSourceContext;
	readonly #directories: WatchedDirectories;
	readonly #scanContext: ScanContext;
	readonly #touched = new Touched();
	readonly #closing = new AbortController();
	#turn: Promise<unknown> = Promise.resolve();
	#walking: Promise<void> | undefined;
	/** Ends the pause between two full scans. */
	#walkNow = new AbortController();
	/** Who waits for the next full scan. */
	#rescans: (() => void)[] = [];
	readonly #firstStart: FirstStartMemory;
	#walkedOnce = false;

	constructor(context: FileSourceContext) {
		this.#context = context;
		this.settings = context.settings;
		this.hints$ = this.#hints.asObservable();
		this.#directories = new WatchedDirectories(
			context.settings,
			{
				hint: (directory, name) => this.#hint(directory, name),
				lost: (why) => {
					this.#trouble(why);
					void this.rescan();
				},
			},
			(limit) => this.#trouble(limit),
		);
		const { settings, ledger, clock, report, onObserved } = context;
		this.#firstStart = new FirstStartMemory(settings.name, ledger, clock);
		this.#scanContext = { settings, ledger, clock, report, onObserved, directories: this.#directories };
	}

	share(): Promise<string> {
		return shareOf(this.settings.watch);
	}

	startedFirst(at: number): void {
		this.#firstStart.suppose(at);
	}

	/** How changes are noticed, with the reason. */
	get watching(): WatchMode {
		return this.#directories.mode;
	}

	/** Resolves when all is watched and in the ledger. A root that cannot be read yet is waited for, visibly. */
	async start(): Promise<void> {
		const { clock, report } = this.#context;
		const began = clock.monotonic();
		await this.#persistentWalk(1);
		if (this.#closing.signal.aborted) return;
		const took = { directories: this.#directories.size, seconds: (clock.monotonic() - began) / 1000 };
		report({ event: "source.ready", source: this.settings.name, ...this.watching, ...took });
		this.#walking = this.#walkOnInterval();
	}

	/** Compares what moved in a directory with the ledger, or all of it when nobody knows what moved. New trees are walked. */
	async scanDirectory(directory: PathString): Promise<void> {
		await this.#compare(directory, this.#touched.take(directory));
	}

	async #compare(directory: PathString, names: readonly string[] | "all"): Promise<void> {
		if (this.#closing.signal.aborted) return;
		try {
			await this.#exclusively(async () => {
				const scan = this.#scan(false);
				const below =
					names === "all"
						? (await scan.whole(directory)).filter((path) => !this.#directories.has(path))
						: [...(await scan.some(directory, names))];
				for (let next = below.pop(); next !== undefined; next = below.pop()) {
					for (const path of await scan.whole(next)) below.push(path);
				}
				scan.flush();
			});
		} catch (thrown) {
			this.#touched.giveBack(directory, names);
			const error = asWatchRabbitError(thrown);
			if (error.code !== "SOURCE_UNREACHABLE") throw error;
			this.#trouble(error);
			void this.rescan();
		}
	}

	/** A path is not what the ledger has: whoever noticed says so, and a scan will look. */
	notice(path: PathString): void {
		this.#hint(parentOf(path), nameOf(path));
	}

	/** Holds one path against the ledger now. */
	async look(path: PathString): Promise<void> {
		await this.#compare(parentOf(path), [nameOf(path)]);
	}

	/** Whether others write there, with a clock of their own. */
	isShared(path: PathString): boolean {
		return this.#directories.isShared(parentOf(path));
	}

	/**
	 * A full scan as soon as possible; resolves when it is done, or the source is closed. Asked for while `start` is at
	 * work, it follows that.
	 */
	rescan(): Promise<void> {
		return new Promise((resolve) => {
			this.#rescans.push(resolve);
			this.#walkNow.abort();
			if (this.#closing.signal.aborted) this.#tellRescanned(this.#rescans);
		});
	}

	async close(): Promise<void> {
		this.#closing.abort();
		this.#walkNow.abort();
		this.#hints.complete();
		await this.#walking;
		await this.#turn.catch(() => {});
		this.#tellRescanned(this.#rescans);
		await this.#directories.close();
	}

	#hint(directory: PathString, name: string | undefined): void {
		if (this.#touched.add(directory, name)) this.#hints.next(directory);
	}

	async #walkOnInterval(): Promise<void> {
		const { clock } = this.#context;
		const { signal } = this.#closing;
		while (!signal.aborted) {
			const polled = this.watching.mode === "poll";
			await rest(polled ? this.settings.pollEveryMs : this.settings.scanEveryMs, clock, this.#walkNow.signal);
			if (signal.aborted) return;
			this.#walkNow = new AbortController();
			const asked = this.#rescans.splice(0);
			await this.#persistentWalk(asked.length > 0 ? urgentShare : backgroundShare);
			this.#tellRescanned(asked);
		}
	}

	#tellRescanned(asked: (() => void)[]): void {
		for (const done of asked.splice(0)) done();
	}

	/** Scans all, again and again until it succeeds once: a root that is away and a full disk are waited out. */
	async #persistentWalk(share: number): Promise<void> {
		const { clock } = this.#context;
		const { signal } = this.#closing;
		for (let againMs = firstAgainMs; !signal.aborted; againMs = Math.min(againMs * 2, this.settings.scanEveryMs)) {
			try {
				return await this.#walk(new Pace(clock, share, signal));
			} catch (thrown) {
				this.#trouble(asWatchRabbitError(thrown));
				await rest(againMs, clock, signal);
			}
		}
	}

	async #walk(pace: Pace): Promise<void> {
		const { clock, report } = this.#context;
		const began = clock.monotonic();
		const scan = this.#scan(!this.#walkedOnce);
		const { signal } = this.#closing;
		const unaccounted = await walk(scan, { clock, signal, pace, exclusively: (work) => this.#exclusively(work) });
		if (unaccounted === undefined) return;
		this.#walkedOnce = true;
		this.#firstStart.isOver();
		const took = { unaccounted, seconds: (clock.monotonic() - began) / 1000 };
		report({ event: "source.scanned", source: this.settings.name, ...this.watching, ...took });
	}

	#scan(reconsider: boolean): Scan {
		return new Scan(this.#scanContext, this.#firstStart.recall(), reconsider);
	}

	/** A directory is read and written down by one at a time, else an old look could overwrite a newer one. */
	#exclusively<T>(work: () => Promise<T>): Promise<T> {
		const mine = this.#turn.then(work, work);
		this.#turn = mine;
		return mine;
	}

	#trouble(error: WatchRabbitError): void {
		this.#context.report({ event: "source.trouble", source: this.settings.name, error });
	}
}
