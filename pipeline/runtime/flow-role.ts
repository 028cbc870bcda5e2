import type { Observable } from "rxjs";
import type { Clock } from "#core/clock.ts";
import type { Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Arrival, Intake, IntakeCatalog, Lease } from "#core/ports/catalog.ts";
import type { LogPartition, LogPosition, LogReader, LogRecord } from "#core/ports/event-log.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { MessageHeaders, WorkQueue } from "#core/ports/work-queue.ts";
import type { Stage } from "#core/stage.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import type { AnalysisLibrary } from "./analysis-library.ts";
import type { Arriving, Due } from "./arriving.ts";
import type { FlowLoad } from "./credits.ts";
import { flowGraph } from "./flow-graph.ts";
import type { Drawn } from "./intake.ts";
import { takingIn, waited } from "./intake-hops.ts";
import { beginningOf } from "./log-beginning.ts";
import { Loop } from "./loop.ts";
import { OffsetTracker } from "./offset-tracker.ts";
import type { Paused } from "./paused.ts";
import { pause, persist } from "./persist.ts";
import { Planning } from "./planning.ts";
import { readRecords } from "./read-records.ts";
import { redelivering } from "./redelivery.ts";
import { Runner } from "./runner.ts";
import { whileOpen } from "./while-open.ts";
import { writeApart } from "./write-apart.ts";
import { writeTogether } from "./write-together.ts";

export interface FlowContext {
	readonly settings: Settings;
	/** Stages of the lab's own, by the name that a pipeline gives them. */
	readonly customStages: Readonly<Record<string, Stage<Arriving>>>;
	readonly log: LogPartition;
	readonly catalog: IntakeCatalog;
	readonly queue: WorkQueue;
	readonly library: AnalysisLibrary;
	readonly clock: Clock;
	readonly report: Report;
	readonly tracer: Tracer;
	/** Rung when jobs were committed. */
	readonly committed: Pick<WakeUp, "ring">;
	/** While this process drains it reads nothing. */
	readonly paused: Pick<Paused, "drained" | "onChange">;
	/** Whether all events of a source are in this partition, so that what waits of it is ours to look after. */
	readonly isHome: (source: string) => boolean;
	/** What is committed under, where several processes share the log. */
	readonly lease?: () => Lease;
	/** The log is another one than before: it is read from its first event. */
	readonly anew?: boolean;
	readonly onBroken: (error: WatchRabbitError) => void;
}

const credits = 1024;
const commitCount = 200;
const commitMs = 2;
/** An offset that no later intake takes along is committed after this. */
const offsetEveryMs = 500;

/** `flow`: log -> stage graph -> jobs, offset and outbox in one transaction. */
export class FlowRole {
	readonly #context: FlowContext;
	readonly #runner: Runner<LogRecord>;
	readonly #loop = new Loop();
	#reader: LogReader | undefined;
	#offsets = new OffsetTracker(undefined);
	#committedOffset: number | undefined;
	readonly #planning: Planning;
	readonly #late = new Loop();

	constructor(context: FlowContext) {
		this.#context = context;
		const { clock, onBroken, tracer, paused } = context;
		this.#planning = new Planning(context);
		this.#runner = new Runner({
			draw: redelivering((max, signal) => whileOpen(paused, signal, (open) => this.#draw(max, open)), clock),
			credits,
			clock,
			onBroken,
			graph: (records$: Observable<Envelope<LogRecord>>) =>
				records$.pipe(
					readRecords((record, cause) => this.#buryRecord(record, cause), tracer),
					flowGraph(context),
					writeTogether({
						count: commitCount,
						timeMs: commitMs,
						write: (due, signal) => this.#take(due, signal),
					}),
				),
		});
	}

	async start(): Promise<void> {
		const { log, onBroken } = this.#context;
		const after = await beginningOf({ ...this.#context, signal: this.#loop.signal });
		if (this.#loop.signal.aborted || this.#reader !== undefined) return;
		this.#committedOffset = after?.offset;
		this.#offsets = new OffsetTracker(after);
		this.#reader = log.open(after);
		this.#runner.start();
		this.#loop.start((signal) => this.#commitOffsets(signal), onBroken);
		this.#late.start(
			(signal) => this.#planning.follow((arrivals) => this.#commitLate(arrivals, signal), signal),
			onBroken,
		);
	}

	/** Whether the log is read to its end, every record of it is resolved, and none waits but those of what is `stuck`. */
	async idle(): Promise<boolean> {
		if (this.#runner.load.inUse > 0 || !this.#planning.idle) return false;
		return (await this.#context.log.end()) === this.#offsets.prefix?.offset;
	}

	/** Pipelines whose analysis cannot be read, and for which acquisitions wait. */
	get stuck(): ReadonlyMap<string, WatchRabbitError> {
		return this.#planning.stuck;
	}

	get load(): FlowLoad {
		return { ...this.#runner.load, resolvedUpTo: this.#offsets.resolvedUpTo };
	}

	async drain(graceMs: number): Promise<void> {
		await this.#runner.drain(graceMs);
		await Promise.all([this.#loop.stop(), this.#late.stop()]);
		// Only spares the next start some reading: what is read again changes nothing.
		await this.#commitOffset().catch(() => {});
		this.#reader?.close();
	}

	async #draw(max: number, signal: AbortSignal): Promise<readonly Drawn<LogRecord>[]> {
		const { clock, report, tracer } = this.#context;
		const read = async () => (await this.#reader?.read(max, signal)) ?? [];
		const records = await persist("event log", read, { clock, report, signal });
		return records.map((record) => {
			this.#offsets.open(record);
			waited(record, tracer);
			return {
				value: record,
				trace: { traceparent: record.traceparent },
				resolved: (outcome) => this.#resolved(record, outcome),
			};
		});
	}

	/** Gives those that the catalog will never take. */
	async #take(due: readonly Due[], signal: AbortSignal): Promise<ReadonlyMap<Due, WatchRabbitError>> {
		const planned = await Promise.all(
			due.map(async (one) => ({ of: one, arrival: await this.#planning.arrivalOf(one), offset: one.arriving.offset })),
		);
		// The offset may be another partition's by now: of a log that was made anew.
		signal.throwIfAborted();
		const refused = await this.#commit(planned, signal);
		return new Map([...refused].map(([one, cause]) => [one.of, cause]));
	}

	async #commit<P extends Planned>(
		planned: readonly P[],
		signal: AbortSignal,
	): Promise<ReadonlyMap<P, WatchRabbitError>> {
		const { catalog, clock, report, committed, tracer } = this.#context;
		const taking = takingIn(planned, tracer);
		const refused = await writeApart(taking.planned, async (some) => {
			const startedAt = clock.monotonic();
			const arrivals = some.map(({ arrival }) => arrival);
			// Apart from the others it moves no offset: that of a record in front of it may be among those.
			const all = some.length === planned.length;
			const upTo = all ? this.#offsets.prefixWith(new Set(some.flatMap((one) => one.offset ?? []))) : undefined;
			const write = () => catalog.commitIntake(this.#intake(arrivals, upTo));
			const { jobsCreated, jobsLinked } = await persist("catalog", write, { clock, report, signal });
			this.#committedOffset = upTo?.offset ?? this.#committedOffset;
			this.#planning.committed(arrivals);
			committed.ring();
			const seconds = (clock.monotonic() - startedAt) / 1000;
			report({ event: "intake.committed", arrivals: arrivals.length, jobsCreated, jobsLinked, seconds });
		});
		taking.committed(refused);
		return refused;
	}

	/** Of what waited for its analysis: one that the catalog will never take with its plan is kept as it waited. */
	async #commitLate(arrivals: readonly Arrival[], signal: AbortSignal): Promise<void> {
		const { catalog, clock, report } = this.#context;
		const refused = await this.#commit(
			arrivals.map((arrival) => ({ arrival, offset: undefined })),
			signal,
		);
		for (const [{ arrival }, cause] of refused) {
			const { event, acquisition, departs } = arrival;
			await this.#bury(JSON.stringify({ ...event, acquisition }), cause, event.traceparent, signal);
			const left = { event, acquisition, plans: [], waits: true as const, ...(departs && { departs }) };
			await persist("catalog", () => catalog.commitIntake(this.#intake([left], undefined)), { clock, report, signal });
		}
	}

	/** What became of a record; one that was rejected is kept whole before the offset goes past it. */
	#resolved(record: LogRecord, outcome: Outcome): void {
		const close = () => this.#offsets.close(record.offset);
		if (outcome.kind !== "rejected") close();
		else {
			this.#buryRecord(record, outcome.cause).then(close, (thrown) => {
				if (!this.#loop.signal.aborted) this.#context.onBroken(asWatchRabbitError(thrown));
			});
		}
	}

	async #buryRecord({ body, headers, unreadable, traceparent }: LogRecord, cause: WatchRabbitError): Promise<void> {
		await this.#bury(unreadable?.content ?? body, cause, traceparent, this.#loop.signal, headers);
	}

	async #bury(
		body: string | Uint8Array,
		cause: WatchRabbitError,
		traceparent: string,
		signal: AbortSignal,
		headers?: MessageHeaders,
	): Promise<void> {
		const { log, queue, clock, report } = this.#context;
		await persist("work queue", () => queue.bury(log.name, body, cause.message, headers), { clock, report, signal });
		report({ event: "message.buried", queue: log.name, traceparent, error: cause });
	}

	/** Records that ended without a job (duplicates, members of a group) move the offset as well, only not at once. */
	async #commitOffsets(signal: AbortSignal): Promise<void> {
		const { clock, report } = this.#context;
		while (!signal.aborted) {
			await pause(offsetEveryMs, { clock, signal });
			await persist("catalog", () => this.#commitOffset(), { clock, report, signal });
		}
	}

	async #commitOffset(): Promise<void> {
		const upTo = this.#offsets.prefix;
		if (upTo === undefined || (this.#committedOffset !== undefined && upTo.offset <= this.#committedOffset)) return;
		await this.#context.catalog.commitIntake(this.#intake([], upTo));
		this.#committedOffset = upTo.offset;
	}

	#intake(arrivals: readonly Arrival[], upTo: LogPosition | undefined): Intake {
		const { log, clock, lease } = this.#context;
		const position = { offset: undefined, ...upTo };
		const intake = { log: log.name, ...position, now: clock.now(), arrivals };
		return lease === undefined ? intake : { ...intake, lease: lease() };
	}
}

type Planned = Pick<Intake, "offset"> & { readonly arrival: Arrival };
