import { concatMap, mergeAll, type Observable, pipe } from "rxjs";
import type { Clock } from "#core/clock.ts";
import { carry, type Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, WatchRabbitError } from "#core/errors.ts";
import { retry } from "#core/outcome.ts";
import type { Arrival, IntakeCatalog, JobPlan } from "#core/ports/catalog.ts";
import type { EventLog, LogReader, LogRecord } from "#core/ports/event-log.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import type { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { filesLog } from "#domain/places.ts";
import type { Report } from "#domain/report.ts";
import type { PipelineSettings, Settings } from "#domain/settings.ts";
import { batch } from "#stages/batch.ts";
import { deadLetter } from "#stages/dead-letter.ts";
import { dedupe } from "#stages/dedupe.ts";
import type { AnalysisLibrary } from "./analysis-library.ts";
import type { Arriving, Due } from "./arriving.ts";
import { watchClock } from "./clock-steps.ts";
import { flowGraph } from "./flow-graph.ts";
import type { Drawn } from "./intake.ts";
import { Loop } from "./loop.ts";
import { OffsetTracker } from "./offset-tracker.ts";
import { pause, persist } from "./persist.ts";
import { planJob } from "./plan.ts";
import { redelivering } from "./redelivery.ts";
import { Runner } from "./runner.ts";
import { parseFileSettled } from "./settled-event.ts";

export interface FlowContext {
	readonly settings: Settings;
	/** Stages of the lab's own, by the name that a pipeline gives them. */
	readonly customStages: Readonly<Record<string, Stage<Arriving>>>;
	readonly log: EventLog;
	readonly catalog: IntakeCatalog;
	readonly queue: WorkQueue;
	readonly library: AnalysisLibrary;
	readonly clock: Clock;
	readonly report: Report;
	/** Rung when jobs were committed. */
	readonly committed: WakeUp;
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
	readonly #clockSteps = new Loop();
	#reader: LogReader | undefined;
	#offsets = new OffsetTracker(undefined);
	#committedOffset: number | undefined;
	/** Pipelines whose analysis could not be read when it was last asked for. */
	readonly #troubled = new Set<string>();

	constructor(context: FlowContext) {
		this.#context = context;
		const { clock, onBroken, queue, report } = context;
		this.#runner = new Runner({
			draw: redelivering((max, signal) => this.#draw(max, signal), clock),
			credits,
			clock,
			onBroken,
			graph: (records$: Observable<Envelope<LogRecord>>) =>
				records$.pipe(
					deadLetter({
						parse: arriving,
						bury: async ({ body }, cause) => {
							await queue.bury(filesLog, body, cause.message);
							report({ event: "message.buried", queue: filesLog, error: cause });
						},
					}),
					dedupe({ key: ({ event }) => event.id, capacity: remembered }),
					flowGraph(context),
					this.#planning(),
					batch({ count: commitCount, timeMs: commitMs }),
					this.#committing(),
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
		this.#clockSteps.start((signal) => this.#followClock(signal), onBroken);
	}

	/** A log that ends before what was committed is another one: it is read from its beginning. */
	async #resumeAt(): Promise<number | undefined> {
		const { catalog, log, clock, report } = this.#context;
		const patient = { clock, report, signal: this.#loop.signal };
		const committed = await persist("catalog", () => catalog.offset(filesLog), patient);
		const end = await persist("event log", () => log.end(), patient);
		return committed !== undefined && committed > (end ?? 0) ? undefined : committed;
	}

	/** Whether the log is read to its end and every record of it is resolved. */
	async idle(): Promise<boolean> {
		return this.#runner.inFlight === 0 && (await this.#context.log.end()) === this.#offsets.prefix;
	}

	async drain(graceMs: number): Promise<void> {
		await this.#runner.drain(graceMs);
		await Promise.all([this.#loop.stop(), this.#clockSteps.stop()]);
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
				resolved: () => this.#offsets.close(record.offset),
			};
		});
	}

	/**
	 * Due -> Arrival, in order. A script that is missing holds up only its pipeline: the arrival is committed without that
	 * plan, in the order of the log, and the message comes again for it.
	 */
	#planning(): Stage<Due, Planned> {
		return pipe(
			concatMap(async (envelope: Envelope<Due>): Promise<Envelope<Planned>[]> => {
				const { arriving: due, pipelines, note, waits } = envelope.value;
				const plans: JobPlan[] = [];
				let refused: WatchRabbitError | undefined;
				for (const pipeline of pipelines) {
					const plan = await this.#plan(pipeline, due).catch(asWatchRabbitError);
					if (plan instanceof WatchRabbitError) refused ??= plan;
					else plans.push(plan);
				}
				const arrival: Arrival = {
					event: due.event,
					acquisition: due.acquisition,
					plans,
					...(note === undefined ? {} : { note }),
					// What is held up comes again with the members that it was made of.
					...(due.departs === undefined || refused !== undefined ? {} : { departs: due.departs }),
					...(waits || refused !== undefined ? { waits: true } : {}),
				};
				if (refused === undefined) return [carry(envelope, { arrival, offset: due.offset })];
				const [now, later] = envelope.receipt.fork(2) as [Receipt, Receipt];
				later.resolve(retry(refused));
				return [{ ...envelope, receipt: now, value: { arrival, offset: undefined } }];
			}),
			mergeAll(),
		);
	}

	async #plan(pipeline: PipelineSettings, due: Arriving): Promise<JobPlan> {
		const { library, report } = this.#context;
		const { name, analysis } = pipeline;
		try {
			const plan = await planJob(pipeline, due.acquisition, library);
			if (this.#troubled.delete(name)) report({ event: "pipeline.ready", pipeline: name, analysis: analysis.file });
			return plan;
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			if (!this.#troubled.has(name)) report({ event: "pipeline.trouble", pipeline: name, error });
			this.#troubled.add(name);
			throw error;
		}
	}

	#committing() {
		return concatMap(async ({ value, receipt }: Envelope<readonly Planned[]>) => {
			const { catalog, clock, report, committed } = this.#context;
			const startedAt = clock.monotonic();
			const offset = this.#offsets.prefixWith(new Set(value.flatMap((planned) => planned.offset ?? [])));
			const arrivals = value.map(({ arrival }) => arrival);
			const intake = { log: filesLog, offset, now: clock.now(), arrivals };
			const { jobsCreated, jobsLinked } = await persist("catalog", () => catalog.commitIntake(intake), {
				clock,
				report,
				signal: this.#loop.signal,
			});
			this.#committedOffset = offset;
			receipt.resolve();
			committed.ring();
			report({
				event: "intake.committed",
				arrivals: arrivals.length,
				jobsCreated,
				jobsLinked,
				seconds: (clock.monotonic() - startedAt) / 1000,
			});
		});
	}

	/** What waits in a room is due by the wall clock: when that is set, it waits no longer than before. */
	async #followClock(signal: AbortSignal): Promise<void> {
		const { catalog, clock, report } = this.#context;
		await watchClock(clock, signal, (byMs) => persist("catalog", () => catalog.shift(byMs), { clock, report, signal }));
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
		await this.#context.catalog.commitIntake({ log: filesLog, offset, now: this.#context.clock.now(), arrivals: [] });
		this.#committedOffset = offset;
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
