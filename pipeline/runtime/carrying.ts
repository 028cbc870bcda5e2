import { isDeepStrictEqual } from "node:util";
import type { Clock } from "#core/clock.ts";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import type {
	Carries,
	OperationEnd,
	OperationProgress,
	OperationRow,
	OperationsCatalog,
} from "#core/ports/operations.ts";
import { WakeUp } from "#core/wake-up.ts";
import { targetInWords } from "#domain/operation.ts";
import type { Report } from "#domain/report.ts";
import { Loop } from "./loop.ts";
import type { Paused } from "./paused.ts";
import { persist } from "./persist.ts";

export interface CarryContext {
	readonly signal: AbortSignal;
	/** Writes what differs from what was told before. */
	readonly tell: (progress: OperationProgress) => Promise<void>;
}

/**
 * Gives what came of it, for people. It may be done twice: by who takes over from one that died in the middle of it.
 *
 * @throws WatchRabbitError transient: it is tried again; any other: it failed
 */
export type Carry = (operation: OperationRow, context: CarryContext) => Promise<string>;

export interface CarryingContext {
	readonly operations: OperationsCatalog;
	readonly paused: Pick<Paused, "onChange">;
	readonly clock: Clock;
	readonly report: Report;
	readonly onBroken: (error: WatchRabbitError) => void;
	/** What is ours now: a source that is watched here, or what one process is enough for. */
	readonly ours: () => Carries;
	readonly carry: Carry;
	/** What is asked for beyond so many waits. */
	readonly atOnce: number;
}

/** What became ours, and what could not be done, is looked for again after this. */
const lookEveryMs = 2_000;

/** Carries out what people asked for, as far as it is this process's to do. What it does not end stays open, for whoever comes next. */
export class Carrying {
	readonly #context: CarryingContext;
	readonly #loop = new Loop();
	readonly #asked = new WakeUp();
	readonly #underWay = new Map<string, Promise<void>>();
	#hasLooked = false;

	constructor(context: CarryingContext) {
		this.#context = context;
	}

	start(): void {
		this.#loop.start((signal) => this.#follow(signal), this.#context.onBroken);
	}

	async stop(): Promise<void> {
		await this.#loop.stop();
		await Promise.all(this.#underWay.values());
	}

	/** Whether it has looked, and nothing is being carried out. */
	get idle(): boolean {
		return this.#hasLooked && this.#underWay.size === 0;
	}

	async #follow(signal: AbortSignal): Promise<void> {
		const { operations, paused, clock, report, ours, atOnce } = this.#context;
		const unheard = paused.onChange(() => this.#asked.ring());
		try {
			while (!signal.aborted) {
				const open = await persist("catalog", () => operations.open(ours(), atOnce), { clock, report, signal });
				for (const operation of open) {
					if (this.#underWay.has(operation.id)) continue;
					const carried = this.#carry(operation, signal).finally(() => this.#underWay.delete(operation.id));
					this.#underWay.set(operation.id, carried);
				}
				this.#hasLooked = true;
				await this.#asked.wait(lookEveryMs, clock, signal);
			}
		} finally {
			unheard();
		}
	}

	/** Never rejects. */
	async #carry(operation: OperationRow, signal: AbortSignal): Promise<void> {
		const { clock, report, onBroken } = this.#context;
		try {
			const end = await this.#endOf(operation, signal);
			if (end === undefined || signal.aborted) return;
			const { operations } = this.#context;
			const write = () => operations.end(operation.id, end, clock.now());
			if (!(await persist("catalog", write, { clock, report, signal }))) return;
			const { kind, target, requestedBy: by } = operation;
			const message = end.state === "failed" ? end.error.message : end.message;
			report({ event: "operation.ended", kind, target: targetInWords(target), by, state: end.state, message });
		} catch (thrown) {
			if (!signal.aborted) onBroken(asWatchRabbitError(thrown));
		}
	}

	/** Undefined: it is tried again. */
	async #endOf(operation: OperationRow, signal: AbortSignal): Promise<OperationEnd | undefined> {
		const { operations, carry, clock, report } = this.#context;
		let told: OperationProgress | undefined;
		const tell = async (progress: OperationProgress) => {
			if (isDeepStrictEqual(progress, told)) return;
			await persist("catalog", () => operations.tell(operation.id, progress, clock.now()), { clock, report, signal });
			told = progress;
		};
		try {
			if (operation.startedAt === undefined) await tell(operation.progress);
			return { state: "completed", message: await carry(operation, { signal, tell }) };
		} catch (thrown) {
			const { class: kind, code, message, fix } = asWatchRabbitError(thrown);
			if (kind === "transient") {
				if (!signal.aborted) await tell({ ...operation.progress, message: `waits: ${message}` });
				return undefined;
			}
			return { state: "failed", error: { code, message, ...(fix !== undefined && { fix }) } };
		}
	}
}
