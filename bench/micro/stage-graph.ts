import { bufferCount, filter, map, mergeMap, Subject, VirtualTimeScheduler } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import { type Tracer, untraced } from "#core/ports/tracer.ts";
import { Receipt } from "#core/receipt.ts";
import { startTrace, type Trace } from "#core/trace.ts";
import { pathFromBytes } from "#domain/path.ts";
import type { Verdict } from "#domain/verdict.ts";
import { Tracing } from "#observability/tracing.ts";
import { traced } from "#runtime/traced-stage.ts";
import { batch } from "#stages/batch.ts";
import { dedupe } from "#stages/dedupe.ts";
import { route } from "#stages/route.ts";
import { settle } from "#stages/settle.ts";
import type { Finding } from "../figure.ts";
import { type Bench, type BenchContext, compare } from "../harness.ts";

/**
 * P1. The graph that every file goes through, at its credit: bursts of 1,024 events about 256 files, each file noticed
 * four times before it is quiet. Every event has a receipt of its own, and the figure counts events whose receipt was
 * resolved. Time is virtual, so that quiet costs none of it: what is measured is the work.
 */
interface FileEvent {
	readonly path: string;
	readonly update: number;
	readonly quietUntil: number;
	readonly event: Trace;
}

const credits = 1_024;
const updates = 4;
const files = credits / updates;
const quietMs = 50;
const pipelines = ["elisa", "screen"];

export const bench: Bench = {
	id: "P1",
	title: "The stage graph settle, dedupe, batch, route on one core",
	run: async ({ quick }: BenchContext): Promise<readonly Finding[]> => {
		const bursts = quick ? 256 : 1_024;
		let spans = 0;
		const sink = { add: () => void spans++, lost: () => {}, close: async () => {} };
		const sampling = { share: 1, mostPerSecond: 50 };
		const neighbours = { log: {}, queue: {}, catalog: {}, objects: {} };
		const tracing = new Tracing({ observe: () => {}, sink, sampling, neighbours });
		const rates = await compare(
			{
				stages: () => rate(bursts, throughStages(untraced), tracing),
				traced: () => rate(bursts, throughStages(tracing), tracing),
				bare: () => rate(bursts, throughBareRxjs(), tracing),
			},
			quick ? { warmUps: 2, rounds: 3 } : { warmUps: 3, rounds: 9 },
		);
		if (spans === 0) throw new Error("no span was made: the figure of what tracing costs would be wrong");
		return [
			{
				what: "file events through settle, dedupe, batch, route, each with its receipt",
				value: rates.stages,
				unit: "events/s",
				better: "higher",
				peer: {
					name: "bare RxJS: filter, map, bufferCount, mergeMap, without receipts, keys or time",
					value: rates.bare,
				},
				goal: { value: 1_000_000 },
			},
			{
				what: "the same, traced: 50 traces a second",
				value: rates.traced,
				unit: "events/s",
				better: "higher",
				peer: { name: "not traced", value: rates.stages },
				goal: { ratio: 0.95 },
			},
		];
	},
};

/** One candidate, from its start to its end. */
interface Way {
	take(burst: readonly FileEvent[]): void;
	/** How many events were resolved. */
	end(): number;
}

/**
 * Counted is the processor's time, collecting garbage and compiling included, while events are taken and not while they
 * are made: one core's worth, also on a machine that others use.
 */
function rate(bursts: number, way: Way, source: Tracer): number {
	let microseconds = 0;
	for (let burst = 0; burst < bursts; burst++) {
		const events = eventsOf(burst, source);
		const before = process.cpuUsage();
		way.take(events);
		const { user, system } = process.cpuUsage(before);
		microseconds += user + system;
	}
	const sent = bursts * credits;
	const resolved = way.end();
	if (resolved !== sent) throw new Error(`${sent} events went in, ${resolved} were resolved`);
	return (sent * 1e6) / microseconds;
}

/** As they are drawn: each text is a string of its own, read from bytes a moment ago, without a hash yet; the source has decided of its trace. */
function eventsOf(burst: number, source: Tracer): readonly FileEvent[] {
	const traces = Array.from({ length: files }, () => {
		const { traceparent } = source.sampled(startTrace(), "acquire");
		return { traceparent: Buffer.from(traceparent).toString() };
	});
	return Array.from({ length: credits }, (_, i) => {
		const file = i % files;
		return {
			path: pathFromBytes(Buffer.from(`plate-reader/2026-11-21/run-${burst}/P${file}.csv`)),
			update: Math.floor(i / files),
			quietUntil: (burst + 1) * quietMs,
			event: traces[file] as Trace,
		};
	});
}

function throughStages(tracer: Tracer): Way {
	const time = new VirtualTimeScheduler();
	const events$ = new Subject<Envelope<FileEvent>>();
	let resolved = 0;
	const onResolve = () => {
		resolved++;
	};
	events$
		.pipe(
			settle({
				key: ({ path }) => path,
				quietUntil: (event) => event.quietUntil,
				holdMs: 1_000,
				judge: (value: FileEvent): Verdict<FileEvent> => ({ kind: "complete", value }),
				concurrency: 64,
				scheduler: time,
			}),
			dedupe({ key: ({ path }) => path, capacity: 65_536 }),
			traced("batch", batch<FileEvent>({ count: 200, timeMs: 2, scheduler: time }), tracer),
			route({ routes: () => pipelines }),
		)
		.subscribe(({ receipt }) => receipt.resolve());
	return {
		take: (burst) => {
			for (const event of burst) events$.next({ value: event, receipt: new Receipt(onResolve), trace: event.event });
			time.flush();
		},
		end: () => {
			events$.complete();
			return resolved;
		},
	};
}

function throughBareRxjs(): Way {
	const events$ = new Subject<FileEvent>();
	let resolved = 0;
	events$
		.pipe(
			filter(({ update }) => update === updates - 1),
			map((value) => ({ kind: "complete", value })),
			bufferCount(200),
			mergeMap((batched) => pipelines.map((route) => ({ route, batched }))),
		)
		.subscribe(({ route, batched }) => {
			if (route === pipelines[0]) resolved += batched.length * updates;
		});
	return {
		take: (burst) => {
			for (const event of burst) events$.next(event);
		},
		end: () => {
			events$.complete();
			return resolved;
		},
	};
}
