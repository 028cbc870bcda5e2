import { describe, expect, test } from "vitest";
import { isSampled, namedTrace, spanId, startTrace, type Trace, traceId, withSampled } from "#core/trace.ts";
import type { HopName } from "#domain/hops.ts";
import { Sampling } from "#observability/sampling.ts";
import type { Span } from "#observability/span.ts";
import { measuring, Tracing } from "#observability/tracing.ts";

const neighbours = {
	log: { "messaging.system.name": "rabbitmq" },
	queue: {},
	catalog: { "db.system.name": "postgresql" },
	objects: {},
};

function bench({ share = 1, mostPerSecond = 1000 } = {}) {
	const spans: Span[] = [];
	const observed: { hop: HopName; seconds: number; trace: string | undefined }[] = [];
	const clock = { monotonicMs: 1000, wallMs: 1_700_000_000_000 };
	const tracing = new Tracing({
		observe: (hop, seconds, trace) => observed.push({ hop, seconds, trace }),
		sink: { add: (span) => spans.push(span), lost: () => {}, close: async () => {} },
		sampling: { share, mostPerSecond },
		neighbours,
		monotonicMs: () => clock.monotonicMs,
		wallMs: () => Math.floor(clock.wallMs),
	});
	const pass = (ms: number) => {
		clock.monotonicMs += ms;
		clock.wallMs += ms;
	};
	return { tracing, spans, observed, clock, pass };
}

const failure = { code: "R_ERROR", message: "no such column" };
const unsampled = () => withSampled(startTrace(), false);

describe("a hop", () => {
	test("is a span below the place where it began, and what happens inside of it is below it", () => {
		const { tracing, spans, pass } = bench();
		const root = startTrace();
		const attempt = tracing.begin("attempt", root, { attributes: { "watchrabbit.job": "j1" } });
		pass(2);
		const run = tracing.begin("run", attempt.trace);
		pass(3);
		run.end();
		attempt.end({ attributes: { "watchrabbit.outcome": "completed" } });
		expect(spans.map(({ name, below }) => [name, below])).toEqual([
			["run", attempt.trace],
			["attempt", root],
		]);
		expect(spans.map(({ at }) => traceId(at))).toEqual([traceId(root), traceId(root)]);
		expect(spans[1]?.attributes).toEqual({ "watchrabbit.job": "j1", "watchrabbit.outcome": "completed" });
		expect(spans.map(({ startMs, endMs }) => endMs - startMs)).toEqual([3, 5]);
	});

	test("is over once, and is observed with its trace", () => {
		const { tracing, spans, observed, pass } = bench();
		const root = startTrace();
		const hop = tracing.begin("commit", root);
		pass(1500);
		hop.end();
		hop.end({ failure });
		expect(spans).toHaveLength(1);
		expect(observed).toEqual([{ hop: "commit", seconds: 1.5, trace: traceId(root) }]);
	});

	test("that is told of when it is over takes the place that was given away before", () => {
		const { tracing, spans } = bench();
		const root = namedTrace("unit 1");
		const publish = tracing.below(root);
		tracing.record("publish", root, { startMs: 10, endMs: 12 }, { as: publish });
		tracing.record("acquire", undefined, { startMs: 0, endMs: 12 }, { as: root });
		expect(spans.map(({ name, at, below }) => ({ name, at, below }))).toEqual([
			{ name: "publish", at: publish, below: root },
			{ name: "acquire", at: root, below: undefined },
		]);
	});

	test("that is left to another who knows its place is not told of here", () => {
		const { tracing, spans, observed } = bench();
		const [root, place] = [startTrace(), startTrace()];
		const attempt = tracing.begin("attempt", root, { as: place });
		tracing.begin("fetch", attempt.trace).end();
		attempt.leave();
		attempt.end();
		expect(spans.map(({ name, below }) => [name, below])).toEqual([["fetch", place]]);
		expect(observed.map(({ hop }) => hop)).toEqual(["fetch"]);
	});

	test("says whom it had to do with", () => {
		const { tracing, spans } = bench();
		tracing.begin("commit", startTrace()).end();
		tracing.begin("publish", startTrace()).end({ attributes: { "messaging.message.id": "e1" } });
		expect(spans.map(({ attributes }) => attributes)).toEqual([
			{ "db.system.name": "postgresql" },
			{ "messaging.system.name": "rabbitmq", "messaging.message.id": "e1" },
		]);
	});

	test("of several of a name says which it is", () => {
		const { tracing, spans } = bench();
		tracing.begin("stage", startTrace(), { of: "group" }).end();
		tracing.begin("request", startTrace(), { of: "GET /api/v1/jobs" }).end();
		expect(spans.map(({ name }) => name)).toEqual(["stage group", "GET /api/v1/jobs"]);
	});
});

describe("a span", () => {
	test("holds no more of what it is told than a collector wants, and can be sent to another thread", () => {
		const { tracing, spans } = bench();
		const job = { ...startTrace(), claimed: () => "everything that is known of it" };
		const other = { ...startTrace(), members: ["a", "b"] };
		const thrown = Object.assign(new Error("away", { cause: { retry: () => {} } }), { code: "AWAY" });
		const hop = tracing.begin("attempt", job, { links: [other] });
		hop.end({ failure: thrown });
		const { traceparent } = job;
		expect(spans).toStrictEqual([
			expect.objectContaining({
				below: { traceparent },
				at: { traceparent: hop.trace.traceparent },
				failure: { code: "AWAY", message: "away" },
				links: [{ traceparent: other.traceparent }],
			}),
		]);
		expect(structuredClone(spans)).toEqual(spans);
		expect(Object.keys(spans[0]?.failure ?? {})).toEqual(["code", "message"]);
	});

	test("that nobody can take is counted, and is no trouble of who ends the hop", () => {
		const why: string[] = [];
		const add = () => {
			throw new Error("it is closed");
		};
		const sink = { add, lost: (reason: string) => why.push(reason), close: async () => {} };
		const sampling = { share: 1, mostPerSecond: 1000 };
		const tracing = new Tracing({ observe: () => {}, sink, sampling, neighbours });
		tracing.begin("run", startTrace()).end();
		tracing.record("attempt", startTrace(), { startMs: 1, endMs: 2 }, { failure });
		expect(why).toEqual(["Error: it is closed", "Error: it is closed"]);
	});
});

describe("time", () => {
	test("keeps the order of hops within a millisecond", () => {
		const { tracing, spans, pass } = bench();
		pass(0.7);
		const outer = tracing.begin("attempt", startTrace());
		pass(0.2);
		const inner = tracing.begin("fetch", outer.trace);
		pass(0.4);
		inner.end();
		pass(0.1);
		outer.end();
		const [fetch, attempt] = spans as [Span, Span];
		expect(fetch.startMs).toBeGreaterThan(attempt.startMs);
		expect(fetch.endMs).toBeLessThan(attempt.endMs);
	});

	test("is that of the wall clock to the microseconds that it does not tell, so that processes of one host agree", () => {
		const sink = { add: () => {}, lost: () => {}, close: async () => {} };
		const sampling = { share: 1, mostPerSecond: 1 };
		const wallMs = () => performance.timeOrigin + performance.now();
		for (const until = wallMs() + 3; wallMs() < until; ) {
			const before = wallMs();
			const now = new Tracing({ observe: () => {}, sink, sampling, neighbours }).now();
			expect(now).toBeGreaterThan(before - 0.01);
			expect(now).toBeLessThan(wallMs() + 0.01);
		}
	});

	test("follows a wall clock that was set, and lets no hop take longer for it", () => {
		const { tracing, spans, clock, pass } = bench();
		const hop = tracing.begin("run", startTrace());
		clock.wallMs += 3_600_000;
		pass(10);
		hop.end();
		expect((spans[0] as Span).endMs - (spans[0] as Span).startMs).toBe(10);
		expect(tracing.now()).toBe(1_700_003_600_010);
	});
});

describe("sampling", () => {
	test("keeps a share of the traces by their ids, the same wherever it is asked", () => {
		const one = new Sampling({ share: 0.3, mostPerSecond: 1e9 }, () => 0);
		const other = new Sampling({ share: 0.3, mostPerSecond: 1e9 }, () => 0);
		const traces = Array.from({ length: 2000 }, (_, i) => namedTrace(`unit ${i}`));
		const kept = traces.filter((trace) => isSampled(one.decide(trace)));
		expect(kept.length / traces.length).toBeCloseTo(0.3, 1);
		expect(traces.filter((trace) => isSampled(other.decide(trace)))).toEqual(kept);
	});

	test("keeps all of a quiet day, and of a burst hardly more than so many a second", () => {
		const { tracing, pass } = bench({ mostPerSecond: 50 });
		let units = 0;
		const keptOf = (count: number) =>
			Array.from({ length: count }, () => tracing.sampled(namedTrace(`unit ${units++}`), "acquire")).filter(isSampled)
				.length;
		expect(keptOf(50)).toBe(50);
		expect(keptOf(20_000)).toBeLessThan(25);
		for (let second = 0; second < 10; second++) pass(1_000);
		const ofLong = Array.from({ length: 20 }, () => {
			pass(1_000);
			return keptOf(1_000);
		});
		expect(Math.max(...ofLong)).toBeLessThan(75);
		expect(ofLong.slice(5).reduce((sum, kept) => sum + kept, 0) / 15).toBeGreaterThan(20);
		pass(60_000);
		expect(keptOf(40)).toBe(40);
	});

	test("takes nothing from acquisitions for the many who ask the API", () => {
		const { tracing } = bench({ mostPerSecond: 50 });
		for (let n = 0; n < 1_000; n++) tracing.sampled(startTrace(), "request");
		const acquired = Array.from({ length: 50 }, (_, n) => tracing.sampled(namedTrace(`unit ${n}`), "acquire"));
		expect(acquired.every(isSampled)).toBe(true);
	});

	test("keeps what a smaller share keeps by a larger one too, also where it is less for a burst", () => {
		const traces = Array.from({ length: 5_000 }, (_, i) => namedTrace(`unit ${i}`));
		const clock = { ms: 0 };
		const busy = new Sampling({ share: 1, mostPerSecond: 50 }, () => clock.ms);
		for (const trace of traces) busy.decide(trace);
		clock.ms = 1_000;
		const others = [0.05, 0.5].map((share) => new Sampling({ share, mostPerSecond: 1e9 }, () => 0));
		const [least, less, more] = [busy, ...others].map((one) => traces.filter((trace) => isSampled(one.decide(trace))));
		expect(least?.length).toBeGreaterThan(0);
		expect(less).toEqual(expect.arrayContaining(least ?? []));
		expect(less?.length).toBeGreaterThan(200);
		expect(more).toEqual(expect.arrayContaining(less ?? []));
		expect(more?.length).toBeLessThan(2_600);
	});

	test("lets nothing of an unsampled trace out that went well, and says so to those behind", () => {
		const { tracing, spans, observed } = bench();
		const attempt = tracing.begin("attempt", unsampled());
		const run = tracing.begin("run", attempt.trace);
		expect(isSampled(run.trace)).toBe(false);
		run.end();
		attempt.end();
		expect(spans).toEqual([]);
		expect(observed.map(({ hop, trace }) => [hop, trace])).toEqual([
			["run", undefined],
			["attempt", undefined],
		]);
	});

	test("keeps all of an attempt that failed in the end, and what follows it", () => {
		const { tracing, spans, observed } = bench();
		const job = unsampled();
		const attempt = tracing.begin("attempt", job);
		tracing.begin("fetch", attempt.trace).end();
		tracing.begin("run", attempt.trace).end({ failure });
		attempt.end({ failure });
		expect(spans.map(({ name }) => name)).toEqual(["fetch", "run", "attempt"]);
		expect(spans[1]?.attributes).toEqual({ "error.type": "R_ERROR" });
		const again = tracing.begin("attempt", job);
		expect(isSampled(again.trace)).toBe(true);
		again.end();
		expect(observed.map(({ trace }) => trace)).toEqual([undefined, traceId(job), traceId(job), traceId(job)]);
		expect(spans).toHaveLength(4);
	});

	test("keeps all of an attempt that failed when another one of its trace has ended well meanwhile", () => {
		const { tracing, spans } = bench();
		const acquisition = unsampled();
		const [bad, good] = [tracing.begin("attempt", acquisition), tracing.begin("attempt", acquisition)];
		tracing.begin("fetch", bad.trace).end();
		good.end();
		tracing.record("acquire", undefined, { startMs: 1, endMs: 2 }, { as: acquisition });
		bad.end({ failure });
		expect(spans.map(({ name }) => name)).toEqual(["fetch", "attempt", "acquire", "attempt"]);
	});

	test("holds nothing of what has ended well", () => {
		const { tracing, spans } = bench();
		const acquisition = unsampled();
		const [one, other] = [tracing.begin("attempt", acquisition), tracing.begin("attempt", acquisition)];
		one.end();
		other.end();
		tracing.begin("attempt", acquisition).end({ failure });
		expect(spans.map(({ name }) => name)).toEqual(["attempt"]);
	});

	test("holds a bounded number of spans of a bounded number of traces", () => {
		const { tracing, spans } = bench();
		const first = unsampled();
		tracing.begin("fetch", first).end();
		const traces = Array.from({ length: 512 }, unsampled);
		for (const trace of traces) tracing.begin("fetch", trace).end();
		tracing.begin("run", first).end({ failure });
		expect(spans.map(({ name }) => name)).toEqual(["run"]);
		const last = traces.at(-1) as Trace;
		for (let i = 0; i < 100; i++) tracing.begin("commit", last).end();
		tracing.begin("run", last).end({ failure });
		expect(spans).toHaveLength(1 + 64 + 1);
	});
});

test("where no spans are made, hops are measured all the same, without a trace as an example, and the trace goes on as it is", () => {
	const observed: { hop: HopName; seconds: number; trace: string | undefined }[] = [];
	const tracer = measuring((hop, seconds, trace) => observed.push({ hop, seconds, trace }));
	const root = startTrace();
	const hop = tracer.begin("commit", root);
	expect(hop.trace).toBe(root);
	hop.end();
	hop.end();
	const left = tracer.begin("attempt", root);
	left.leave();
	left.end();
	tracer.record("queue wait", root, { startMs: 1000, endMs: 3500 });
	expect(observed.map(({ hop, trace }) => [hop, trace])).toEqual([
		["commit", undefined],
		["queue wait", undefined],
	]);
	expect(observed[1]?.seconds).toBe(2.5);
	expect(spanId(tracer.below(root))).toBe(spanId(root));
});
