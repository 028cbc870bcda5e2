import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { OperationsCatalog } from "#core/ports/operations.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { type Pause, pauseInWords } from "#domain/operation.ts";
import type { PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import { Loop } from "./loop.ts";
import { type PersistContext, persist } from "./persist.ts";

export interface PausedContext {
	readonly operations: OperationsCatalog;
	/** Names this process, as people name it who drain it: host and process. */
	readonly process: string;
	/** Rung when something was asked for, where the catalog can tell. */
	readonly asked: WakeUp;
	/** By which the catalog is judged. */
	readonly clock: Clock;
	readonly report: Report;
	readonly onBroken: (error: WatchRabbitError) => void;
}

/** A ring that was missed, or that nobody could give, costs so long. */
const lookEveryMs = 1_000;
/** What ends without being asked for (a process that drained and was killed) is seen after this; our own drain is kept. */
const readEveryMs = 10_000;

/**
 * What is held back, as this process knows it: within a second of what the catalog says, and what it knew last while that
 * is away. A job's claim asks the catalog itself.
 */
export class Paused {
	readonly #context: PausedContext;
	readonly #loop = new Loop();
	readonly #listeners = new Set<() => void>();
	#latest = 0;
	#all: readonly Pause[] = [];
	#told = "";
	#drained: Pause | undefined;
	#sources: ReadonlyMap<string, Pause> = new Map();
	#files: ReadonlyMap<string, Pause> = new Map();

	constructor(context: PausedContext) {
		this.#context = context;
	}

	/** Resolves when it is known what is held back. What was asked of a process that had our name is over. */
	async start(): Promise<void> {
		const { operations, process, clock, onBroken } = this.#context;
		const begin = async () => {
			await operations.forgetProcess(process, clock.now());
			await this.#read(await operations.latest());
		};
		await persist("catalog", begin, this.#patient);
		this.#loop.start((signal) => this.#follow(signal), onBroken);
	}

	/** A drain of this process is over with it. */
	async stop(): Promise<void> {
		await this.#loop.stop();
		const { operations, process, clock } = this.#context;
		if (this.#drained?.on.type === "process") await operations.forgetProcess(process, clock.now()).catch(() => {});
	}

	get all(): readonly Pause[] {
		return this.#all;
	}

	/** Why nothing new begins here: this process drains, or all do. */
	get drained(): Pause | undefined {
		return this.#drained;
	}

	/** Why nothing of a source is published. */
	source(name: string): Pause | undefined {
		return this.#drained ?? this.#sources.get(name);
	}

	/** Why a file is in quarantine. */
	file(source: string, path: PathString): Pause | undefined {
		return this.#files.get(fileKey(source, path));
	}

	/** Called when something was asked for, or something else is held back. Gives what ends that. */
	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => void this.#listeners.delete(listener);
	}

	get #patient(): PersistContext {
		const { clock, report } = this.#context;
		return { clock, report, signal: this.#loop.signal };
	}

	async #follow(signal: AbortSignal): Promise<void> {
		const { operations, asked, clock } = this.#context;
		let readAt = clock.monotonic();
		while (!signal.aborted) {
			await asked.wait(lookEveryMs, clock, signal);
			if (signal.aborted) return;
			const latest = await persist("catalog", () => operations.latest(), this.#patient);
			if (latest === this.#latest && clock.monotonic() - readAt < readEveryMs) continue;
			readAt = clock.monotonic();
			await persist("catalog", () => this.#read(latest), this.#patient);
		}
	}

	async #read(latest: number): Promise<void> {
		const { operations, process, clock } = this.#context;
		const now = clock.now();
		const isOfUs = ({ on }: Pause) => on.type === "process" && on.name === process;
		// First: its time may be over by now, though we are there.
		if (this.#all.some(isOfUs)) await operations.keepPause(process, now);
		const all = await operations.pauses(now);
		this.#drained = all.find((each) => each.on.type === "everything" || isOfUs(each));
		this.#sources = new Map(all.filter(({ on }) => on.type === "source").map((each) => [each.on.name, each]));
		const files = all.filter(({ on }) => on.type === "file");
		this.#files = new Map(files.map((each) => [fileKey(each.on.name, each.on.path ?? ""), each]));
		this.#all = all;
		const isNews = this.#tell() || latest !== this.#latest;
		this.#latest = latest;
		if (isNews) for (const listener of [...this.#listeners]) listener();
	}

	#tell(): boolean {
		const held = this.#all.filter(({ on }) => on.type !== "file").map((each) => pauseInWords(each));
		const told = JSON.stringify([held, [...this.#files.keys()]]);
		if (told === this.#told) return false;
		const isFirst = this.#told === "";
		this.#told = told;
		if (held.length > 0 || !isFirst) this.#context.report({ event: "pauses.changed", held, files: this.#files.size });
		return true;
	}
}

function fileKey(source: string, path: PathString): string {
	return `${source}\n${path}`;
}
