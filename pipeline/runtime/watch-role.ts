import type { Clock } from "#core/clock.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { EdgeCatalog } from "#core/ports/catalog.ts";
import type { EventLog } from "#core/ports/event-log.ts";
import type { Ledger, Unit } from "#core/ports/ledger.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";
import type { Settled, Verdict } from "#domain/verdict.ts";
import { settle } from "#stages/settle.ts";
import { watchClock } from "./clock-steps.ts";
import { Conclusions } from "./conclusions.ts";
import type { RoleLoad } from "./credits.ts";
import { refused } from "./edge-hops.ts";
import type { EdgeSource } from "./edge-source.ts";
import type { Drawn } from "./intake.ts";
import type { Leases } from "./leases.ts";
import { Loop } from "./loop.ts";
import { applyOutcomes, followFromNow, outcomesAtOnce } from "./outcomes.ts";
import type { Paused } from "./paused.ts";
import { pause, persist } from "./persist.ts";
import { publish } from "./publish.ts";
import { quarantining } from "./quarantining.ts";
import { recognizing } from "./recognizing.ts";
import { Republishing } from "./republishing.ts";
import { Runner } from "./runner.ts";
import { SourceShare } from "./source-share.ts";

export interface WatchContext {
	readonly sources: readonly EdgeSource[];
	readonly ledger: Ledger;
	readonly log: EventLog;
	readonly catalog: EdgeCatalog;
	/** Undefined: no other process shares the catalog. */
	readonly leases: Leases | undefined;
	/** Of the sources those whose acquisitions wait for one another. */
	readonly gathering: ReadonlySet<string>;
	readonly judge: (unit: Unit, signal: AbortSignal) => Promise<Verdict<Settled>>;
	/** Sources whose files others tell of, or send: each may be in a trace of theirs. */
	readonly toldOf: ReadonlySet<string>;
	readonly clock: Clock;
	readonly report: Report;
	readonly tracer: Tracer;
	/** Rung by whoever writes observations into the ledger. */
	readonly observed: WakeUp;
	/** Rung when there are outcomes. */
	readonly concluded: WakeUp;
	readonly paused: Pick<Paused, "source" | "file">;
	/** Units between draw and conclusion: not drawn again meanwhile. */
	readonly underWay: Set<number>;
	readonly onBroken: (error: WatchRabbitError) => void;
}

/** Units on their way between the ledger and the log at most. */
const credits = 1024;
/** A unit is drawn so long before its quiet time is over: the stage's own timer is exact, the ledger's is a look. */
const lookAheadMs = 100;
/** How long nobody looks into the ledger when nothing is due: another process may have written. */
const lookEveryMs = 1_000;
const judgedAtOnce = 64;
const outcomesEveryMs = 250;
/** A refused unit whose cause may pass (no permission yet) is looked at again after this. */
const refusedAgainMs = 30_000;

/** `watch`: hint -> scan -> ledger -> settle -> log. */
export class WatchRole {
	readonly #context: WatchContext;
	readonly #runner: Runner<Unit>;
	readonly #loop = new Loop();
	readonly #outcomes = new Loop();
	readonly #again = new Loop();
	readonly #republishing: Republishing;
	readonly #conclusions: Conclusions;
	readonly #inFlight: Set<number>;
	readonly #roots: ReadonlyMap<string, PathString>;
	readonly #shares: ReadonlyMap<string, SourceShare>;
	#started = false;
	#scanned = false;
	#drained = false;

	constructor(context: WatchContext) {
		this.#context = context;
		const { clock, report, ledger, sources, underWay, onBroken } = context;
		this.#inFlight = underWay;
		this.#roots = new Map(sources.map(({ settings }) => [settings.name, settings.watch]));
		this.#conclusions = new Conclusions(ledger, { clock, report, signal: this.#loop.signal, onBroken });
		const moved = () => context.observed.ring();
		this.#shares = new Map(
			sources.map((source) => [source.settings.name, new SourceShare({ ...context, source, moved })]),
		);
		const isCurrent = (source: string) => this.#shares.get(source)?.isCurrent ?? false;
		const edge = { ...context, roots: this.#roots, isCurrent, writing: new Set<Promise<unknown>>() };
		this.#republishing = new Republishing(edge);
		this.#runner = new Runner({
			draw: (max, signal) => this.#draw(max, signal),
			credits,
			clock,
			onBroken,
			graph: (due$) => due$.pipe(this.#settling(), publish(edge)),
		});
	}

	/** Resolves when every source is watched and scanned once. */
	async start(): Promise<void> {
		const { clock, onBroken } = this.#context;
		if (this.#drained || this.#started) return;
		this.#started = true;
		await followFromNow({ ...this.#context, signal: this.#outcomes.signal });
		if (this.#drained) return;
		this.#runner.start();
		this.#loop.start((signal) => watchClock(clock, signal, (byMs) => this.#clockStepped(byMs)), onBroken);
		this.#outcomes.start((signal) => this.#followOutcomes(signal), onBroken);
		this.#again.start((signal) => this.#republishing.follow(signal), onBroken);
		await Promise.all([...this.#shares.values()].map((share) => share.start()));
		this.#scanned = true;
	}

	/** Of several processes that see a source one watches it. */
	watches(source: string): boolean {
		return this.#shares.get(source)?.held ?? false;
	}

	/** Units between the ledger and the log: looked at, hashed, archived or published now. */
	get load(): RoleLoad {
		return { credits, inUse: this.#inFlight.size };
	}

	/** Whether all that is on disk was looked at, judged once, and nothing is on its way. */
	async idle(): Promise<boolean> {
		if (!this.#scanned || this.#inFlight.size > 0 || this.#context.ledger.unjudged(this.#heldOnly()) > 0) return false;
		return await this.#republishing.idle();
	}

	async drain(graceMs: number): Promise<void> {
		const { clock } = this.#context;
		this.#drained = true;
		await Promise.all([...this.#shares.values()].map((share) => share.close()));
		await this.#again.stop();
		await this.#runner.drain(graceMs);
		// A ledger that cannot be written does not keep us: what is not concluded is judged again at the next start.
		const cancel = clock.after(graceMs, () => void this.#loop.stop());
		await this.#conclusions.flush();
		cancel();
		await Promise.all([this.#loop.stop(), this.#outcomes.stop()]);
		await Promise.all([...this.#shares.values()].map((share) => share.leave()));
	}

	/** Units that are due, as soon as there are any. */
	async #draw(max: number, signal: AbortSignal): Promise<readonly Drawn<Unit>[]> {
		const { ledger, clock, observed, report } = this.#context;
		while (!signal.aborted) {
			const now = clock.now();
			const held = this.#heldOnly();
			const due = () => ledger.due(now + lookAheadMs, max, this.#inFlight, held);
			const units = await persist("ledger", due, { clock, report, signal });
			if (units.length > 0) return units.map((unit) => this.#drawn(unit));
			const nextWake = () => ledger.nextWake(this.#inFlight, held);
			const next = await persist("ledger", nextWake, { clock, report, signal });
			const lookAgainMs = next === undefined ? lookEveryMs : next - now - lookAheadMs;
			await observed.wait(Math.min(lookEveryMs, lookAgainMs), clock, signal);
		}
		return [];
	}

	/** The sources that are ours, where some are not. */
	#heldOnly(): readonly string[] | undefined {
		const held = [...this.#shares].flatMap(([name, share]) => (share.held ? [name] : []));
		return held.length === this.#shares.size ? undefined : held;
	}

	#drawn(unit: Unit): Drawn<Unit> {
		this.#inFlight.add(unit.id);
		return {
			value: unit,
			trace: { traceparent: unit.traceparent },
			resolved: (outcome) => this.#conclude(unit, outcome),
		};
	}

	#settling() {
		const mayBeKnown = (unit: Unit) => this.#shares.get(unit.source)?.mayBeKnown(unit) ?? false;
		const edge = { ...this.#context, roots: this.#roots, signal: this.#loop.signal, mayBeKnown };
		const judge = quarantining(recognizing(this.#context.judge, edge), this.#context.paused);
		return settle<Unit, Settled>({
			key: (unit) => unit.id,
			quietUntil: (unit) => unit.wakeAt,
			holdMs: lookAheadMs * 10,
			concurrency: judgedAtOnce,
			judge,
		});
	}

	/** What a receipt's outcome means for the ledger. A delivered unit was concluded when it was published. */
	#conclude(unit: Unit, outcome: Outcome): void {
		const { clock, report, observed } = this.#context;
		const release = () => {
			this.#inFlight.delete(unit.id);
			observed.ring();
		};
		const tornDown = outcome.kind === "retry" && outcome.cause.code === "TORN_DOWN";
		if (outcome.kind === "delivered" || tornDown || this.#loop.signal.aborted) {
			release();
			return;
		}
		const { cause } = outcome;
		const { source, path, traceparent } = unit;
		const at = clock.now();
		const common = { unit: unit.id, generation: unit.generation, at };
		if (outcome.kind === "retry") {
			const againMs = outcome.afterMs ?? lookEveryMs;
			report({ event: "unit.waiting", source, path, traceparent, for: cause.message, againMs });
			this.#conclusions.add(
				unit,
				{ ...common, state: "settling", waitingFor: cause.message, wakeAt: at + againMs },
				release,
			);
			return;
		}
		refused(unit, cause, this.#context.tracer, this.#context.ledger);
		report({ event: "unit.refused", source, path, traceparent, error: cause });
		const again = cause.class === "transient" ? { wakeAt: at + refusedAgainMs } : {};
		this.#conclusions.add(unit, { ...common, state: "quarantined", reason: cause.message, ...again }, release);
	}

	async #followOutcomes(signal: AbortSignal): Promise<void> {
		const { clock, observed, concluded } = this.#context;
		const scan = async (name: string, directory: PathString) => {
			const share = this.#shares.get(name);
			if (share?.held) await share.watch.scan(directory);
		};
		const standsBy = (source: string) => this.#shares.get(source)?.standsBy ?? false;
		while (!signal.aborted) {
			const applied = await applyOutcomes({ ...this.#context, roots: this.#roots, standsBy, scan, signal });
			if (applied > 0) observed.ring();
			// Each turn is a flush of the ledger, which this thread waits for: what ended meanwhile shares the next one.
			if (applied === outcomesAtOnce) continue;
			await pause(outcomesEveryMs, { clock, signal });
			await concluded.wait(lookEveryMs, clock, signal);
		}
	}

	async #clockStepped(byMs: number): Promise<void> {
		const { report, clock, ledger, observed } = this.#context;
		report({ event: "clock.stepped", byMs });
		await persist("ledger", () => ledger.shift(byMs), { clock, report, signal: this.#loop.signal });
		observed.ring();
	}
}
