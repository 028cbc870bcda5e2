import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { DispatchCatalog } from "#core/ports/catalog.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { Report } from "#domain/report.ts";
import { LeaseTime } from "./lease-time.ts";
import { Loop } from "./loop.ts";
import { tellLost } from "./lost-attempts.ts";
import { persist } from "./persist.ts";
import { StraySweep } from "./stray-sweep.ts";

export interface DispatchContext {
	readonly catalog: DispatchCatalog;
	readonly queue: WorkQueue;
	readonly objects: ObjectStore;
	readonly clock: Clock;
	readonly report: Report;
	readonly tracer: Tracer;
	/** Rung when jobs were committed, or ended. */
	readonly moved: WakeUp;
	readonly onBroken: (error: WatchRabbitError) => void;
}

const relayAtOnce = 500;
/** Another process may have written to the outbox, or a lease may be over. */
const lookEveryMs = 250;

/** Brings jobs from the catalog to the queue: the outbox, retries whose time has come, and what lost its lease. */
export class Dispatch {
	readonly #context: DispatchContext;
	readonly #loop = new Loop();
	readonly #strays: StraySweep;
	readonly #leaseTime: LeaseTime;

	constructor(context: DispatchContext) {
		this.#context = context;
		this.#strays = new StraySweep(context);
		this.#leaseTime = new LeaseTime(context.catalog, context.clock);
	}

	start(): void {
		this.#loop.start((signal) => this.#run(signal), this.#context.onBroken);
		this.#strays.start();
	}

	async stop(): Promise<void> {
		await Promise.all([this.#loop.stop(), this.#strays.stop()]);
	}

	async #run(signal: AbortSignal): Promise<void> {
		const { clock, report, moved } = this.#context;
		while (!signal.aborted) {
			await persist("catalog", () => this.#wake(), { clock, report, signal });
			const relayed = await persist("work queue", () => this.#relay(), { clock, report, signal });
			if (relayed < relayAtOnce) await moved.wait(lookEveryMs, clock, signal);
		}
	}

	async #relay(): Promise<number> {
		const { catalog, queue, clock } = this.#context;
		return await catalog.relay(relayAtOnce, (pool, items) => queue.enqueue(pool, items), clock.now());
	}

	async #wake(): Promise<void> {
		const { catalog, report } = this.#context;
		const { retried, reaped } = await catalog.wake(await this.#leaseTime.now());
		for (const lost of reaped) tellLost(lost, this.#context);
		if (retried + reaped.length > 0) report({ event: "jobs.woken", retried, reaped: reaped.length });
	}
}
