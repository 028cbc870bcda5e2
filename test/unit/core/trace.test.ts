import { expect, test } from "vitest";
import { isSampled, namedTrace, spanId, startTrace, traceId, traceIn, withSampled } from "#core/trace.ts";

test("the trace of a name is the same for whoever asks, and of another name another", () => {
	expect(namedTrace("ledger/1/1")).toEqual(namedTrace("ledger/1/1"));
	expect(traceId(namedTrace("ledger/1/1"))).not.toBe(traceId(namedTrace("ledger/1/2")));
});

test("a trace is taken apart and told another flag without being another", () => {
	const trace = startTrace();
	expect(trace.traceparent).toBe(`00-${traceId(trace)}-${spanId(trace)}-01`);
	const unsampled = withSampled(trace, false);
	expect([isSampled(trace), isSampled(unsampled)]).toEqual([true, false]);
	expect(unsampled.traceparent).toBe(`00-${traceId(trace)}-${spanId(trace)}-00`);
	expect(withSampled(unsampled, true)).toEqual(trace);
});

test("what others send is believed where it is a trace context; a flag of theirs that we do not know hides ours not", () => {
	const { traceparent } = startTrace();
	expect(traceIn(traceparent)).toEqual({ traceparent });
	expect(isSampled({ traceparent: traceparent.replace(/01$/, "03") })).toBe(true);
	expect(isSampled({ traceparent: traceparent.replace(/01$/, "02") })).toBe(false);
	expect(isSampled({ traceparent: traceparent.replace(/01$/, "0b") })).toBe(true);
	expect(isSampled({ traceparent: traceparent.replace(/01$/, "fa") })).toBe(false);
	for (const no of [undefined, "", "nonsense", `00-${"0".repeat(32)}-${"1".repeat(16)}-01`, `${traceparent}x`]) {
		expect(traceIn(no)).toBeUndefined();
	}
});
