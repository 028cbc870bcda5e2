import type { Clock } from "#core/clock.ts";
import { asWatchRabbitError, transient, type WatchRabbitError } from "#core/errors.ts";
import type { DispatchCatalog, Stray } from "#core/ports/catalog.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import { attemptPrefix } from "#domain/object-keys.ts";
import type { Report } from "#domain/report.ts";
import { Loop } from "./loop.ts";
import { pause, persist } from "./persist.ts";

export interface SweepContext {
	readonly catalog: Pick<DispatchCatalog, "strays" | "straysRemoved">;
	readonly objects: ObjectStore;
	readonly clock: Clock;
	readonly report: Report;
	readonly onBroken: (error: WatchRabbitError) => void;
}

const atOnce = 100;
const lookEveryMs = 250;

/**
 * Removes what attempts stored that came to no result. On its own beside the dispatch: an object store that is away, or
 * an object that cannot be removed, delays no job.
 */
export class StraySweep {
	readonly #context: SweepContext;
	readonly #loop = new Loop();

	constructor(context: SweepContext) {
		this.#context = context;
	}

	start(): void {
		this.#loop.start((signal) => this.#run(signal), this.#context.onBroken);
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
	}

	async #run(signal: AbortSignal): Promise<void> {
		const { catalog, clock, report } = this.#context;
		const patient = { clock, report, signal };
		while (!signal.aborted) {
			const strays = await persist("catalog", () => catalog.strays(atOnce), patient);
			for (const stray of strays) {
				await persist("object store", () => this.#discard(stray), patient);
				await persist("catalog", () => catalog.straysRemoved([stray]), patient);
			}
			if (strays.length < atOnce) await pause(lookEveryMs, { clock, signal });
		}
	}

	async #discard({ job, token }: Stray): Promise<void> {
		const { objects } = this.#context;
		try {
			const keys: string[] = [];
			for await (const { key } of objects.list(attemptPrefix(job, token))) keys.push(key);
			await objects.remove(keys);
		} catch (thrown) {
			// Nothing depends on it but tidiness: whatever the cause, it is tried again until somebody has mended it.
			const { message, fix } = asWatchRabbitError(thrown);
			const details = { cause: thrown, ...(fix === undefined ? {} : { fix }) };
			throw transient(
				"STRAY_STAYS",
				`objects of attempt ${token} of job ${job} cannot be removed: ${message}`,
				details,
			);
		}
	}
}
