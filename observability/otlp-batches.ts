import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

export interface OtlpSettings {
	/** Undefined: what OTEL_EXPORTER_OTLP_… say. */
	readonly url: string | undefined;
	readonly protocol: "http" | "grpc";
	readonly headers: Readonly<Record<string, string>>;
	/** A collector that needs longer has not taken it. */
	readonly timeoutMs: number;
	/** Ours. */
	readonly version: string;
	readonly roles: readonly string[];
}

/** Of the worker, for every batch. */
export interface Answer {
	/** Undefined: the collector has them. */
	readonly failure: string | undefined;
}

/** What becomes of them. */
export interface Told {
	/** So many no collector has, and why. */
	readonly dropped: (count: number, why: string) => void;
	/** A batch was taken, after so long. */
	readonly taken?: (seconds: number) => void;
}

const mostWaiting = 4096;
const mostTogether = 512;
/** The first of several waits so long for others. */
const gatherMs = 500;
/** What can be sent within this when the process ends is sent. */
const lastMs = 900;
/** Who is told of what was refused is told of many at once: each telling costs more than a span. */
const tellMs = 1_000;

/**
 * To a collector of OpenTelemetry, by a worker that speaks with it. One batch is on its way at a time; behind it waits a bounded number, and what is
 * more than that is counted and gone, as is what the collector did not take.
 */
export class OtlpBatches<Item> {
	readonly #dropped: Told["dropped"];
	readonly #taken: Told["taken"];
	#sentAt = 0;
	readonly #worker: Worker;
	#waiting: Item[] = [];
	#sending = 0;
	#timer: NodeJS.Timeout | undefined;
	#closed = false;
	#isOver = false;
	#idle: (() => void) | undefined;
	#lost = 0;
	#lostWhy = "";
	#telling: NodeJS.Timeout | undefined;

	constructor(worker: URL, settings: OtlpSettings, { dropped, taken }: Told) {
		this.#dropped = dropped;
		this.#taken = taken;
		this.#worker = new Worker(worker, {
			workerData: settings,
		});
		this.#worker.unref();
		this.#worker.on("message", ({ failure }: Answer) => this.#answered(failure));
		this.#worker.on("error", (error) => this.#over(error instanceof Error ? error.message : String(error)));
		this.#worker.on("exit", () => this.#over("its thread has ended"));
	}

	add(item: Item): void {
		const refusal = this.#refusal();
		if (refusal !== undefined) {
			this.lost(refusal);
			return;
		}
		this.#waiting.push(item);
		if (this.#sending > 0) return;
		if (this.#waiting.length >= mostTogether) this.#send();
		else this.#timer ??= setTimeout(() => this.#send(), gatherMs).unref();
	}

	/** One that is not sent. */
	lost(why: string): void {
		this.#lost += 1;
		this.#lostWhy = why;
		if (this.#closed) this.#tellLost();
		else this.#telling ??= setTimeout(() => this.#tellLost(), tellMs).unref();
	}

	#tellLost(): void {
		clearTimeout(this.#telling);
		this.#telling = undefined;
		const count = this.#lost;
		this.#lost = 0;
		if (count > 0) this.#dropped(count, this.#lostWhy);
	}

	#refusal(): string | undefined {
		if (this.#isOver || this.#closed) return "telemetry has ended";
		return this.#waiting.length < mostWaiting ? undefined : `more than ${mostWaiting} wait for the collector`;
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#sending === 0) this.#send();
		if (this.#sending > 0) {
			const patience = sleep(lastMs, undefined, { ref: false });
			const idle = new Promise<void>((resolve) => {
				this.#idle = resolve;
			});
			await Promise.race([idle, patience]);
		}
		this.#over("the process ended before the collector had taken them");
		await this.#worker.terminate();
	}

	#send(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		const batch = this.#waiting.splice(0, mostTogether);
		this.#sending = batch.length;
		this.#sentAt = performance.now();
		if (batch.length > 0) this.#post(batch);
		else this.#idle?.();
	}

	#post(batch: readonly Item[]): void {
		try {
			this.#worker.postMessage(batch);
		} catch (thrown) {
			this.#answered(String(thrown));
		}
	}

	#answered(failure: string | undefined): void {
		if (failure === undefined) this.#taken?.((performance.now() - this.#sentAt) / 1000);
		else if (this.#sending > 0) this.#dropped(this.#sending, failure);
		this.#sending = 0;
		// What came meanwhile has waited for others long enough.
		if (this.#waiting.length > 0 || this.#closed) this.#send();
	}

	#over(why: string): void {
		if (this.#isOver) return;
		this.#isOver = true;
		clearTimeout(this.#timer);
		const lost = this.#sending + this.#waiting.length;
		this.#waiting = [];
		this.#sending = 0;
		if (lost > 0) this.#dropped(lost, why);
		this.#tellLost();
		this.#idle?.();
	}
}
