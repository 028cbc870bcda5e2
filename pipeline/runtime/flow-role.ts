import type { Observable } from "rxjs";
import type { Clock } from "#core/clock.ts";
import { carry, type Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { inOrder } from "#core/in-order.ts";
import type { Outcome } from "#core/outcome.ts";
import type { Arrival, Intake, IntakeCatalog, Lease } from "#core/ports/catalog.ts";
import type { LogPartition, LogReader, LogRecord } from "#core/ports/event-log.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import type { Stage } from "#core/stage.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { deadLetter } from "#stages/dead-letter.ts";
import { dedupe } from "#stages/dedupe.ts";
import type { AnalysisLibrary } from "./analysis-library.ts";
import type { Arriving, Due } from "./arriving.ts";
import { flowGraph } from "./flow-graph.ts";
import type { Drawn } from "./intake.ts";
import { Loop } from "./loop.ts";
import { OffsetTracker } from "./offset-tracker.ts";
import { pause, persist } from "./persist.ts";
import { Planning } from "./planning.ts";
import { redelivering } from "./redelivery.ts";
import { Runner } from "./runner.ts";
import { parseFileSettled } from "./settled-event.ts";
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
	/** Rung when jobs were committed. */
	readonly committed: WakeUp;
	/** Whether all events of a source are in this partition, so that what waits of it is ours to look after. */
	readonly isHome: (source: string) => boolean;
	/** What is committed under, where several processes share the log. */
	readonly lease?: () => Lease;
	readonly onBroken: (error: WatchRabbitError) => void;
}

const credits = 1024;
const commitCount = 200;
const commitMs = 2;
/** Event ids remembered to spare the catalog a question; it would give the same answer. */
const remembered = 65_536;
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
		const { clock, onBroken } = context;
		this.#planning = new Planning(context);
		this.#runner = new Runner({
			draw: redelivering((max, signal) => this.#draw(max, signal), clock),
			credits,
			clock,
			onBroken,
			graph: (records$: Observable<Envelope<LogRecord>>) =>
				records$.pipe(
					deadLetter({
						parse: arriving,
						bury: ({ body }, cause) => this.#bury(body, cause, this.#loop.signal),
					}),
					dedupe({ key: ({ event }) => event.id, capacity: remembered }),
					flowGraph(context),
					this.#planned(),
					writeTogether({
						count: commitCount,
						timeMs: commitMs,
						write: (planned, signal) => this.#commit(planned, signal),
					}),
				),
		});
	}

	async start(): Promise<void> {
		const { log, onBroken } = this.#context;
		this.#committedOffset = await this.#resumeAt();
		if (this.#loop.signal.aborted || this.#reader !== undefined) return;
		this.#offsets = new OffsetTracker(this.#committedOffset);
		this.#reader = log.open(this.#committedOffset);
		this.#runner.start();
		this.#loop.start((signal) => this.#commitOffsets(signal), onBroken);
		this.#late.start(
			(signal) => this.#planning.follow((arrivals) => this.#commitLate(arrivals, signal), signal),
			onBroken,
		);
	}

	/** A log that ends before what was committed is another one: it is read from its beginning. */
	async #resumeAt(): Promise<number | undefined> {
		const { catalog, log, clock, report } = this.#context;
		const patient = { clock, report, signal: this.#loop.signal };
		const committed = await persist("catalog", () => catalog.offset(log.name), patient);
		const end = await persist("event log", () => log.end(), patient);
		return committed !== undefined && committed > (end ?? 0) ? undefined : committed;
	}

	/** Whether the log is read to its end, every record of it is resolved, and none waits but those of what is `stuck`. */
	async idle(): Promise<boolean> {
		if (this.#runner.inFlight > 0 || !this.#planning.idle) return false;
		return (await this.#context.log.end()) === this.#offsets.prefix;
	}

	/** Pipelines whose analysis cannot be read, and for which acquisitions wait. */
	get stuck(): ReadonlyMap<string, WatchRabbitError> {
		return this.#planning.stuck;
	}

	async drain(graceMs: number): Promise<void> {
		await this.#runner.drain(graceMs);
		await Promise.all([this.#loop.stop(), this.#late.stop()]);
		// Only spares the next start some reading: what is read again changes nothing.
		await this.#commitOffset().catch(() => {});
		this.#reader?.close();
	}

	async #draw(max: number, signal: AbortSignal): Promise<readonly Drawn<LogRecord>[]> {
		const { clock, report } = this.#context;
		const reader = this.#reader as LogReader;
		const records = await persist("event log", () => reader.read(max, signal), { clock, report, signal });
		return records.map((record) => {
			this.#offsets.open(record.offset);
			return {
				value: record,
				trace: { traceparent: record.traceparent },
				resolved: (outcome) => this.#resolved(record, outcome),
			};
		});
	}

	/** Due -> Arrival, in order. */
	#planned(): Stage<Due, Planned> {
		return inOrder(async (envelope) => {
			const arrival = await this.#planning.arrivalOf(envelope.value);
			return [carry(envelope, { arrival, offset: envelope.value.arriving.offset })];
		});
	}

	/** Gives those that the catalog will never take. */
	async #commit(planned: readonly Planned[], signal: AbortSignal): Promise<ReadonlyMap<Planned, WatchRabbitError>> {
		const { catalog, clock, report, committed } = this.#context;
		return await writeApart(planned, async (some) => {
			const startedAt = clock.monotonic();
			const arrivals = some.map(({ arrival }) => arrival);
			// Apart from the others it moves no offset: that of a record in front of it may be among those.
			const all = some.length === planned.length;
			const offset = all ? this.#offsets.prefixWith(new Set(some.flatMap((one) => one.offset ?? []))) : undefined;
			const write = () => catalog.commitIntake(this.#intake(arrivals, offset));
			const { jobsCreated, jobsLinked } = await persist("catalog", write, { clock, report, signal });
			this.#committedOffset = offset ?? this.#committedOffset;
			this.#planning.committed(arrivals);
			committed.ring();
			const seconds = (clock.monotonic() - startedAt) / 1000;
			report({ event: "intake.committed", arrivals: arrivals.length, jobsCreated, jobsLinked, seconds });
		});
	}

	/** Of what waited for its analysis: one that the catalog will never take with its plan is kept as it waited. */
	async #commitLate(arrivals: readonly Arrival[], signal: AbortSignal): Promise<void> {
		const { clock, report } = this.#context;
		const refused = await this.#commit(
			arrivals.map((arrival) => ({ arrival, offset: undefined })),
			signal,
		);
		for (const [{ arrival }, cause] of refused) {
			const { event, acquisition, departs } = arrival;
			await this.#bury(JSON.stringify({ ...event, acquisition }), cause, signal);
			const left = { event, acquisition, plans: [], waits: true as const, ...(departs && { departs }) };
			const write = () => this.#context.catalog.commitIntake(this.#intake([left], undefined));
			await persist("catalog", write, { clock, report, signal });
		}
	}

	/** What became of a record; one that was rejected is kept whole before the offset goes past it. */
	#resolved({ offset, body }: LogRecord, outcome: Outcome): void {
		if (outcome.kind !== "rejected") {
			this.#offsets.close(offset);
			return;
		}
		const { signal } = this.#loop;
		this.#bury(body, outcome.cause, signal).then(
			() => this.#offsets.close(offset),
			(thrown) => {
				if (!signal.aborted) this.#context.onBroken(asWatchRabbitError(thrown));
			},
		);
	}

	async #bury(body: string, cause: WatchRabbitError, signal: AbortSignal): Promise<void> {
		const { log, queue, clock, report } = this.#context;
		await persist("work queue", () => queue.bury(log.name, body, cause.message), { clock, report, signal });
		report({ event: "message.buried", queue: log.name, error: cause });
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
		const offset = this.#offsets.prefix;
		if (offset === undefined || (this.#committedOffset !== undefined && offset <= this.#committedOffset)) return;
		await this.#context.catalog.commitIntake(this.#intake([], offset));
		this.#committedOffset = offset;
	}

	#intake(arrivals: readonly Arrival[], offset: number | undefined): Intake {
		const { log, clock, lease } = this.#context;
		const intake = { log: log.name, offset, now: clock.now(), arrivals };
		return lease === undefined ? intake : { ...intake, lease: lease() };
	}
}

interface Planned {
	readonly arrival: Arrival;
	readonly offset: number | undefined;
}

function arriving({ body, offset }: LogRecord): Arriving {
	const { id, root, traceparent, acquisition } = parseFileSettled(body);
	return { acquisition, event: { id, root, traceparent }, offset };
}
