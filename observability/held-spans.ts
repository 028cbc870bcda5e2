import { traceId } from "#core/trace.ts";
import type { Span } from "./span.ts";

/** Unsampled traces that are held at a time, the newest ones, and of each so many spans. */
const mostTraces = 512;
const mostSpans = 64;
/** Traces in which something failed, the newest ones. */
const mostFailed = 2048;

/**
 * Spans of unsampled traces, until what they are part of in this process is over: had it been known before that it fails,
 * they would have been kept.
 */
export class HeldSpans {
	readonly #byTrace = new Map<string, Span[]>();
	readonly #failed = new Set<string>();
	/** How many parts of a trace go on here, as attempts at its jobs. */
	readonly #underWay = new Map<string, number>();

	/** Whether something failed in it: what follows is kept. */
	hasFailed(trace: string): boolean {
		return this.#failed.has(trace);
	}

	hold(span: Span): void {
		const trace = traceId(span.at);
		const held = this.#byTrace.get(trace);
		if (held === undefined) {
			this.#byTrace.set(trace, [span]);
			dropOldest(this.#byTrace, mostTraces);
		} else if (held.length < mostSpans) held.push(span);
	}

	/** Gives what was held of it. */
	failed(trace: string): readonly Span[] {
		this.#failed.add(trace);
		dropOldest(this.#failed, mostFailed);
		const held = this.#byTrace.get(trace) ?? [];
		this.#byTrace.delete(trace);
		return held;
	}

	partBegan(trace: string): void {
		this.#underWay.set(trace, (this.#underWay.get(trace) ?? 0) + 1);
		dropOldest(this.#underWay, mostTraces);
	}

	partEnded(trace: string): void {
		const others = (this.#underWay.get(trace) ?? 1) - 1;
		if (others > 0) this.#underWay.set(trace, others);
		else this.#underWay.delete(trace);
	}

	/** Unless a part of it goes on. */
	forget(trace: string): void {
		if (!this.#underWay.has(trace)) this.#byTrace.delete(trace);
	}
}

function dropOldest(kept: Map<string, unknown> | Set<string>, most: number): void {
	if (kept.size <= most) return;
	for (const oldest of kept.keys()) {
		kept.delete(oldest);
		return;
	}
}
