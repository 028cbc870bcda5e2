import { type AnalysisKind, isAnalysisKind } from "#core/ports/analysis-pool.ts";
import type { RVersion } from "#domain/result.ts";
import { bytesBelow, DiskWatch } from "./disk-watch.ts";
import { LogBuffer } from "./log-buffer.ts";
import { kernelOomKills, statusBytes } from "./processes.ts";
import type { EndedBy, RunEnd, RunLimits } from "./run-end.ts";

/** setTimeout fires at once above this delay. */
const longestTimeoutMs = 2 ** 31 - 1;

/** R tells of so many and then no more; a script that forges them is heard no longer than that either. */
const mostWarnings = 100;

/** Watches one run against its limits, from the line that starts it to the word of how it ended. */
export class RunUnderWay {
	readonly id: string;
	#child: number | undefined;
	#began = false;
	/** Set by the first of us who ended it. */
	endedBy: EndedBy | undefined;
	#endedAt: number | undefined;
	readonly end: Promise<RunEnd>;
	readonly #log = new LogBuffer();
	readonly #limits: RunLimits;
	readonly #signal: AbortSignal;
	readonly #kill: () => void;
	readonly #r: RVersion;
	#oomKillsBefore: number | undefined;
	#kind: AnalysisKind | undefined;
	readonly #warnings: string[] = [];
	#peakMemoryBytes: number | null = null;
	readonly #timer: NodeJS.Timeout;
	readonly #diskWatch: DiskWatch | undefined;
	#startedAt = performance.now();
	#resolve: (end: RunEnd) => void = () => {};

	constructor(id: string, limits: RunLimits, signal: AbortSignal, r: RVersion, kill: () => void) {
		this.id = id;
		this.#limits = limits;
		this.#signal = signal;
		this.#kill = kill;
		this.#r = r;
		this.end = new Promise((resolve) => {
			this.#resolve = resolve;
		});
		const { timeoutMs } = limits;
		this.#timer = setTimeout(
			() => this.stop({ kind: "timeout", ms: timeoutMs }),
			Math.min(timeoutMs, longestTimeoutMs),
		);
		const { disk } = limits;
		this.#diskWatch =
			disk &&
			new DiskWatch(disk.directory, disk.limitBytes, () => this.stop({ kind: "disk", limitBytes: disk.limitBytes }));
		signal.addEventListener("abort", this.#onAbort);
	}

	/** The process of the run, once that is known. */
	get child(): number | undefined {
		return this.#child;
	}

	isProcess(child: number): void {
		if (child > 1) this.#child ??= child;
	}

	/** The script begins: what is printed from now on is its log. */
	started(child: number): void {
		this.isProcess(child);
		this.#began = true;
		this.#startedAt = performance.now();
	}

	/** It goes on for longer than a moment: from here on it is worth knowing what the kernel does to it, and how large it is. */
	lasts(): void {
		this.#oomKillsBefore ??= kernelOomKills();
		this.#sizeUp();
	}

	#sizeUp(): void {
		if (this.#child !== undefined) this.#peakMemoryBytes = statusBytes(this.#child, "VmHWM") ?? this.#peakMemoryBytes;
	}

	printed(bytes: Buffer): void {
		if (!this.#began) return;
		this.#log.push(bytes);
		const { outputBytes } = this.#limits;
		if (this.#log.totalBytes > outputBytes) this.stop({ kind: "output", limitBytes: outputBytes });
	}

	/** `text`: JSON, from R, or from a script that forged it. */
	progressed(text: string): void {
		const said = JSON.parse(text);
		if (typeof said?.fraction !== "number" || typeof said.message !== "string") return;
		this.#limits.progresses(said.fraction, said.message);
	}

	recognised(kind: string): void {
		if (isAnalysisKind(kind)) this.#kind = kind;
	}

	/** `text`: as that of `progressed`. */
	warned(text: string): void {
		const said = JSON.parse(text);
		if (typeof said === "string" && this.#warnings.length < mostWarnings) this.#warnings.push(said);
	}

	stop(by: EndedBy): void {
		if (this.endedBy !== undefined) return;
		this.endedBy = by;
		this.#endedAt = performance.now();
		this.#sizeUp();
		this.#kill();
	}

	finish(how: "said" | "vanished"): void {
		clearTimeout(this.#timer);
		this.#signal.removeEventListener("abort", this.#onAbort);
		this.#diskWatch?.stop();
		const end: RunEnd = {
			how: how === "said" ? how : (this.endedBy ?? how),
			log: this.#log,
			// It may say that it began after we ended it.
			seconds: Math.max(0, (this.#endedAt ?? performance.now()) - this.#startedAt) / 1000,
			largestFileBytes: this.#limits.disk?.limitBytes,
			oomKills: how === "said" || this.#oomKillsBefore === undefined ? 0 : kernelOomKills() - this.#oomKillsBefore,
			r: this.#r,
			kind: this.#kind,
			warnings: this.#warnings,
			peakMemoryBytes: this.#peakMemoryBytes,
		};
		if (this.#limits.disk === undefined) this.#resolve(end);
		else void this.#weighed(end, this.#limits.disk).then(this.#resolve);
	}

	/** One that ended before its files were looked at, or that the kernel ended at the largest file it may write. */
	async #weighed(end: RunEnd, { directory, limitBytes }: NonNullable<RunLimits["disk"]>): Promise<RunEnd> {
		if (end.how !== "said" && end.how !== "vanished") return end;
		const isTooMuch = (await bytesBelow(directory)) >= limitBytes;
		return isTooMuch ? { ...end, how: { kind: "disk", limitBytes } } : end;
	}

	readonly #onAbort = () => {
		const { reason } = this.#signal;
		this.stop({ kind: "cancelled", reason: reason instanceof Error ? reason.message : String(reason) });
	};
}
