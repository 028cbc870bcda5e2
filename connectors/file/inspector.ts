import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { transient } from "#core/errors.ts";
import type { Finding, Inspection, InspectionBatch } from "./inspection.ts";

/** Files above this are inspected one at a time, and never by the first lane: small files have it for themselves. */
const largeBytes = 8 * 1024 * 1024;
/** Small files of one message: the message then costs little against the work. */
const mostInBatch = 32;

interface Request {
	readonly inspection: Inspection;
	readonly signal: AbortSignal;
	readonly resolve: (finding: Finding) => void;
	readonly reject: (error: unknown) => void;
}

/** Worker threads that look into files. They are started when first needed, and started anew when one breaks. */
export class Inspector {
	readonly #lanes: readonly Lane[];
	readonly #small: Request[] = [];
	readonly #large: Request[] = [];
	#closed = false;

	constructor(threads: number = Math.min(4, availableParallelism())) {
		const next = (takesLarge: boolean) => this.#next(takesLarge);
		this.#lanes = Array.from({ length: Math.max(2, threads) }, (_, i) => new Lane(i > 0, next));
	}

	/** Rejects with INSPECTOR_CLOSED (transient) after `close`, with INSPECTOR_BROKEN (transient) when the thread broke. */
	inspect(inspection: Inspection, signal: AbortSignal): Promise<Finding> {
		if (this.#closed) return Promise.reject(closed());
		if (signal.aborted) return Promise.resolve({ kind: "aborted" });
		return new Promise((resolve, reject) => {
			const queue = inspection.stat.size > largeBytes ? this.#large : this.#small;
			queue.push({ inspection, signal, resolve, reject });
			for (const lane of this.#lanes) if (lane.isFree) lane.go();
		});
	}

	async close(): Promise<void> {
		this.#closed = true;
		for (const { reject } of [...this.#small.splice(0), ...this.#large.splice(0)]) reject(closed());
		await Promise.all(this.#lanes.map((lane) => lane.close()));
	}

	#next(takesLarge: boolean): readonly Request[] {
		const large = takesLarge ? this.#large.shift() : undefined;
		if (large !== undefined) return [large];
		const free = this.#lanes.filter((lane) => lane.isFree).length;
		const share = Math.ceil(this.#small.length / Math.max(1, free));
		return this.#small.splice(0, Math.min(mostInBatch, share));
	}
}

/** One worker thread and the batch that it has in hand. */
class Lane {
	readonly #takesLarge: boolean;
	readonly #next: (takesLarge: boolean) => readonly Request[];
	#worker: Worker | undefined;
	#inHand: readonly Request[] = [];
	/** Aborted when nothing is in hand any more: nobody listens to the requests' signals from then on. */
	#done = new AbortController();
	#closed = false;

	constructor(takesLarge: boolean, next: (takesLarge: boolean) => readonly Request[]) {
		this.#takesLarge = takesLarge;
		this.#next = next;
	}

	get isFree(): boolean {
		return this.#inHand.length === 0 && !this.#closed;
	}

	go(): void {
		let requests: readonly Request[];
		do {
			const next = this.#next(this.#takesLarge);
			if (next.length === 0) return;
			requests = next.filter(stillWanted);
		} while (requests.length === 0);
		this.#inHand = requests;
		this.#worker ??= this.#start();
		this.#worker.ref();
		const aborted = new Int32Array(new SharedArrayBuffer(4 * requests.length));
		for (const [i, { signal }] of requests.entries()) {
			signal.addEventListener("abort", () => Atomics.store(aborted, i, 1), { signal: this.#done.signal });
		}
		const batch: InspectionBatch = { inspections: requests.map(({ inspection }) => inspection), aborted };
		this.#worker.postMessage(batch);
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#worker?.terminate();
		this.#drop(closed());
	}

	#start(): Worker {
		const extension = extname(import.meta.url);
		const worker = new Worker(new URL(`./inspect-worker${extension}`, import.meta.url), {
			name: "inspect",
			// From source, imports between rooms are resolved to source as well.
			execArgv: extension === ".ts" ? ["--conditions=source"] : [],
		});
		worker.on("message", (findings: readonly Finding[]) => this.#found(findings));
		worker.on("error", (cause: unknown) => {
			this.#worker = undefined;
			this.#drop(transient("INSPECTOR_BROKEN", `a thread that inspects files broke: ${String(cause)}`, { cause }));
		});
		return worker;
	}

	#found(findings: readonly Finding[]): void {
		this.#worker?.unref();
		for (const [i, { resolve }] of this.#letGo().entries()) resolve(findings[i] as Finding);
		this.go();
	}

	#drop(error: Error): void {
		for (const { reject } of this.#letGo()) reject(error);
		if (!this.#closed) this.go();
	}

	#letGo(): readonly Request[] {
		const requests = this.#inHand;
		this.#inHand = [];
		this.#done.abort();
		this.#done = new AbortController();
		return requests;
	}
}

function stillWanted({ signal, resolve }: Request): boolean {
	if (signal.aborted) resolve({ kind: "aborted" });
	return !signal.aborted;
}

function closed(): Error {
	return transient("INSPECTOR_CLOSED", "the process is ending");
}
