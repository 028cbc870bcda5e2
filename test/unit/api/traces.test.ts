import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import { isSampled, startTrace, traceId } from "#core/trace.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { collectedSpans } from "#test/support/collected-spans.ts";
import { SmallLab } from "#test/support/small-lab.ts";
import { until } from "#test/support/spine.ts";

describe("traces of the API", () => {
	const collected = collectedSpans();
	let lab: SmallLab;
	let bench: Workbench;
	let api: Api;
	let address: string;
	beforeEach(async () => {
		collected.spans.length = 0;
		lab = new SmallLab();
		bench = await lab.open();
		api = apiOfLab(bench, { tracer: collected.tracer });
		address = await api.listen();
	});
	afterEach(async () => {
		await api.close(1_000);
		await lab.remove();
	});

	const get = (path: string, headers: Readonly<Record<string, string>> = {}) => fetch(address + path, { headers });
	const answered = (count: number) =>
		until(
			`${count} answers are told of`,
			() => collected.spans.filter(({ hop }) => hop === "request").length === count,
		);

	test("a request is a span, below that of who asked, and named by its route", async () => {
		const caller = startTrace();
		await get("/api/v1/jobs/unknown", caller as { traceparent: string });
		await get("/api/v1/jobs?limit=1");
		await get("/health/live");
		await get("/api/v1/nothing");
		await answered(3);
		const [one, jobs, none] = collected.spans;
		expect(one).toMatchObject({
			name: "GET /api/v1/jobs/:id",
			below: caller,
			attributes: {
				"http.request.method": "GET",
				"http.route": "/api/v1/jobs/:id",
				"http.response.status_code": 404,
				"url.path": "/api/v1/jobs/unknown",
				"url.scheme": "http",
			},
		});
		expect(traceId(one?.at ?? caller)).toBe(traceId(caller));
		expect([jobs?.name, jobs?.below, none?.name]).toEqual(["GET /api/v1/jobs", undefined, "GET"]);
	});

	test("what is read for the cache is a hop of the job's trace, linked to the request; what is kept there is none", async () => {
		lab.write("plate1.csv", "od\n1\n");
		const { job, result } = await lab.analyse(bench, "plate1.csv");
		await get(`/api/v1/results/${result}/manifest`);
		await get(`/api/v1/results/${result}/manifest`);
		await get(`/api/v1/results/${result}/artifacts/plots/fit.html`);
		await answered(3);
		const fills = collected.spans.filter(({ hop }) => hop === "cache fill");
		const requests = collected.spans.filter(({ hop }) => hop === "request");
		const { traceparent } = (await bench.catalog.job(job)) as { traceparent: string };
		expect(fills.map(({ below }) => below?.traceparent)).toEqual([traceparent, traceparent]);
		expect(fills.map(({ links }) => links)).toEqual([[requests[0]?.at], [requests[2]?.at]]);
		expect(requests.every(({ at }) => isSampled(at))).toBe(true);
	});

	test("jobs, acquisitions and results say their trace", async () => {
		lab.write("plate1.csv", "od\n1\n");
		const { job, result } = await lab.analyse(bench, "plate1.csv");
		const row = (await bench.catalog.job(job)) as { traceparent: string; acquisition: string };
		const paths = [`jobs/${job}`, `results/${result}`, `acquisitions/${row.acquisition}`];
		const bodies = await Promise.all(
			paths.map(async (path) => (await (await get(`/api/v1/${path}`)).json()) as { traceId: string }),
		);
		expect(bodies.map(({ traceId: id }) => id)).toEqual(paths.map(() => traceId(row)));
	});
});
