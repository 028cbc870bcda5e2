import { describe, expect, it } from "vitest";
import type { InternalEvent } from "#domain/report.ts";
import { createReport, declarations } from "#observability/events.ts";
import { createLogger } from "#observability/logger.ts";
import { exampleEvents, exampleTrace } from "#test/support/example-events.ts";

const all: readonly InternalEvent[] = Object.values<InternalEvent>(exampleEvents).filter(
	({ event }) => declarations[event].level !== "silent",
);

/** The line that it becomes. */
function lineOf(event: InternalEvent): Record<string, unknown> {
	const lines: string[] = [];
	const stream = { write: (line: string) => void lines.push(line) };
	const logger = createLogger({ level: "trace", pretty: false, colours: false, stream });
	createReport({ logger })(event);
	expect(lines).toHaveLength(1);
	expect(lines[0]).toMatch(/^\{.*\}\n$/);
	return JSON.parse(lines[0] as string) as Record<string, unknown>;
}

describe("the line of", () => {
	it("every event that is declared has an example here", () => {
		expect(Object.keys(exampleEvents).sort()).toEqual(Object.keys(declarations).sort());
	});

	it.each(all.map((event) => [event.event, event] as const))(
		"%s has its name, time, level and a sentence",
		(name, event) => {
			const { time, ...line } = lineOf(event);
			expect(line).toMatchObject({ event: name, level: expect.stringMatching(/^[a-z]+$/), msg: expect.any(String) });
			expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
			expect(line.msg).not.toMatch(/undefined|\[object|NaN|\n/);
		},
	);

	it.each(all.map((event) => [event.event, event] as const))(
		"%s names what it tells of as every other line does",
		(_, event) => {
			const line = lineOf(event);
			for (const raw of ["traceparent", "key", "path"]) expect(line).not.toHaveProperty(raw);
			if ("traceparent" in event) expect(line).toMatchObject({ trace_id: exampleTrace.id, span_id: exampleTrace.span });
			if ("path" in event || "key" in event) expect(line.acquisition).toBe("day 1/a\n.csv");
			for (const name of ["job", "source", "pipeline", "pool"]) {
				if (name in event) expect(line[name]).toBe(event[name as never]);
			}
		},
	);

	// What cannot be claimed is known by its id alone.
	const ofJobs = all.filter(({ event }) => event.startsWith("job.") && event !== "job.refused");
	it.each(ofJobs.map((event) => [event.event, event] as const))(
		"%s says of which job, acquisition, source, pipeline, pool and trace",
		(_, event) => {
			expect(lineOf(event)).toMatchObject({
				trace_id: exampleTrace.id,
				job: "j1",
				acquisition: "day 1/a\n.csv",
				source: "plates",
				pipeline: "elisa",
				pool: "default",
			});
		},
	);

	const ofUnits = all.filter(({ event }) => event.startsWith("unit."));
	it.each(ofUnits.map((event) => [event.event, event] as const))(
		"%s says of which acquisition, source and trace",
		(_, event) => {
			expect(lineOf(event)).toMatchObject({
				trace_id: exampleTrace.id,
				acquisition: "day 1/a\n.csv",
				source: "plates",
			});
		},
	);

	it("what has no trace has no field for it", () => {
		const { traceparent: _, ...event } = exampleEvents["unit.refused"];
		expect(lineOf(event)).not.toHaveProperty("trace_id");
	});
});
