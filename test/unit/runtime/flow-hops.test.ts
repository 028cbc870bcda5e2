import { afterEach, describe, expect, it } from "vitest";
import { startTrace, type Trace, traceId, withSampled } from "#core/trace.ts";
import { acquisition } from "#test/support/acquisitions.ts";
import { collectedSpans, treeOf } from "#test/support/collected-spans.ts";
import { FlowLab } from "#test/support/flow-lab.ts";
import { until } from "#test/support/spine.ts";

describe("the hops of an acquisition between log and jobs", () => {
	let lab: FlowLab;
	afterEach(() => lab.close());

	const spansOf = (spans: ReturnType<typeof collectedSpans>["spans"], trace: Trace) =>
		spans.filter(({ at }) => traceId(at) === traceId(trace));

	it("are its wait, the stages that it goes through, and the transaction below which its job goes on", async () => {
		const { tracer, spans, named } = collectedSpans();
		lab = await FlowLab.open({ loud: [{ stage: "custom", name: "shout" }] });
		lab.tracer = tracer;
		await lab.start();
		const trace = startTrace();
		await lab.publishOne(acquisition("a", "a", { settledAt: Date.now() }), "e1", trace);
		await lab.jobsBecome(["loud: a"]);
		await until("all hops are over", () => named("intake").length === 2);
		// With the job of the pipeline's own graph the acquisition itself is taken in.
		expect(treeOf(spans).toSorted()).toEqual(["intake", "intake", "log wait", "stage dedupe", "stage shout"]);
		expect(new Set(spans.map(({ below }) => below?.traceparent))).toEqual(new Set([trace.traceparent]));
		expect(named("log wait")[0]?.attributes).toMatchObject({ "messaging.message.id": "e1" });
		const { items } = await lab.spine.catalog.jobs({ limit: 1, filter: {} });
		expect(named("intake").map(({ at }) => at.traceparent)).toContain(items[0]?.traceparent);
	});

	it("are, of a batch, a trace of its own, linked to that of each of its members", async () => {
		const { tracer, spans, named } = collectedSpans();
		const batch = { count: 3, bytes: undefined, timeMs: 60_000 };
		lab = await FlowLab.open({ three: [{ stage: "batch", batch }] });
		lab.tracer = tracer;
		await lab.start();
		const traces = [startTrace(), startTrace(), startTrace()];
		for (const [i, trace] of traces.entries()) {
			await lab.publishOne(acquisition(`f${i}`, `${i}`, { settledAt: Date.now() }), `e${i}`, trace);
		}
		await until("the batch's job is there", async () => (await lab.jobs()).length === 1);
		await until("all hops are over", () => named("intake").length === 4);
		const [gather] = named("gather");
		expect(gather?.links.map(({ traceparent }) => traceparent).toSorted()).toEqual(
			traces.map(({ traceparent }) => traceparent).toSorted(),
		);
		const { items } = await lab.spine.catalog.jobs({ limit: 1, filter: {} });
		expect(traceId(items[0] as Trace)).toBe(traceId(gather?.at as Trace));
		expect(treeOf(spansOf(spans, gather?.at as Trace))).toEqual(["gather", "  intake"]);
		for (const trace of traces) {
			expect(treeOf(spansOf(spans, trace)).toSorted()).toEqual(["intake", "log wait", "stage batch", "stage dedupe"]);
		}
	});

	it("that are not sampled cost no span, and are kept as such", async () => {
		const { tracer, spans } = collectedSpans();
		lab = await FlowLab.open({ one: [] });
		lab.tracer = tracer;
		await lab.start();
		const trace = withSampled(startTrace(), false);
		await lab.publishOne(acquisition("a", "a"), "e1", trace);
		await lab.jobsBecome(["one: a"]);
		await lab.idle();
		expect(spans).toEqual([]);
		const { items } = await lab.spine.catalog.jobs({ limit: 1, filter: {} });
		expect(items[0]?.traceparent).toMatch(new RegExp(`^00-${traceId(trace)}-.*-00$`));
	});

	it("of what nobody can read are kept with why", async () => {
		const { tracer, spans, named } = collectedSpans();
		lab = await FlowLab.open({ one: [] });
		lab.tracer = tracer;
		await lab.start();
		const trace = withSampled(startTrace(), false);
		await lab.spine.log.append([{ id: "e1", key: "a", body: "{}", ...trace }]);
		await until("it is told of", () => named("intake").length === 1);
		expect(spans.map(({ name, failure }) => [name, failure?.code])).toEqual([
			["log wait", undefined],
			["intake", "MESSAGE_MALFORMED"],
		]);
	});
});
