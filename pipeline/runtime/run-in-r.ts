import type { AnalysisPool, AnalysisRecord, AnalysisRequest, RunStage } from "#core/ports/analysis-pool.ts";
import type { HopTimes, Tracer } from "#core/ports/tracer.ts";
import type { Trace } from "#core/trace.ts";
import type { HopName } from "#domain/hops.ts";
import type { RunNotes } from "./run-notes.ts";

/** What the run is a part of. */
interface Attempt {
	readonly trace: Trace;
	readonly tracer: Tracer;
	readonly notes: RunNotes;
	readonly signal: AbortSignal;
}

const hopOf: Readonly<Record<RunStage["name"], HopName>> = {
	prepare: "r prepare",
	evaluate: "r evaluate",
	outputs: "r outputs",
};

/** One run, and its hops: until R takes it, and in R, which tells what of that time went where. */
export async function runInR(
	pool: AnalysisPool,
	request: Omit<AnalysisRequest, "traceparent">,
	{ trace, tracer, notes, signal }: Attempt,
): Promise<AnalysisRecord> {
	const inR = tracer.below(trace);
	const attributes = { "watchrabbit.pool": pool.name, "watchrabbit.engine": pool.engine };
	const asked = tracer.now();
	let began: number | undefined;
	const begins = () => {
		began = tracer.now();
		tracer.record("r start", trace, { startMs: asked, endMs: began }, { attributes });
		notes.begins();
	};
	const progresses = (fraction: number, message: string) => notes.progresses(fraction, message);
	const running = pool.run({ ...request, traceparent: inR.traceparent }, signal, begins, progresses);
	const record = await running.finally(() => notes.end());
	const failure = record.outcome === "failed" ? record.cause : undefined;
	const over = { attributes, ...(failure && { failure }) };
	if (began === undefined) tracer.record("r start", trace, { startMs: asked, endMs: tracer.now() }, over);
	else {
		const times = { startMs: began, endMs: tracer.now() };
		for (const stage of record.stages) tracer.record(hopOf[stage.name], inR, inside(times, stage));
		tracer.record("run", trace, times, { ...over, as: inR });
	}
	return record;
}

/** R has the clock of this machine, but not its fractions of a millisecond; what a script has it say is nothing to go by. */
function inside({ startMs, endMs }: HopTimes, stage: HopTimes): HopTimes {
	const within = (ms: number) => Math.min(Math.max(ms, startMs), endMs);
	return { startMs: within(stage.startMs), endMs: within(stage.endMs) };
}
