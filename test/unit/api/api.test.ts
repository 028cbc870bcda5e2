import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Api } from "#api/api.ts";
import { routes } from "#api/routes.ts";
import type { Workbench } from "#cli/application.ts";
import { systemClock } from "#core/clock.ts";
import type { InternalEvent } from "#domain/report.ts";
import { Health } from "#observability/health.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { loopback } from "#test/support/embedded.ts";
import { SmallLab } from "#test/support/small-lab.ts";

let lab: SmallLab;
let bench: Workbench;
let api: Api;
let health: Health;
let address: string;
let events: InternalEvent[];

beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
	health = new Health(systemClock);
	events = [];
	api = apiOfLab(bench, { health, report: (event) => events.push(event) });
	address = await api.listen();
});

afterEach(async () => {
	await api.close(1_000);
	await lab.remove();
});

const get = (path: string, init?: RequestInit) => fetch(address + path, init);

async function body(path: string) {
	const response = await get(path);
	// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the tests are about
	return { status: response.status, type: response.headers.get("content-type"), ...((await response.json()) as any) };
}

async function analyse(path: string): Promise<{ job: string; result: string }> {
	lab.write(path, `od\n${path}\n`);
	return await lab.analyse(bench, path);
}

describe("lists", () => {
	test("a result has the fields that the issue fixes", async () => {
		const { job, result } = await analyse("plate1.csv");
		const { items, next } = await body("/api/v1/results");
		expect(next).toBeNull();
		expect(items).toHaveLength(1);
		expect(Object.keys(items[0])).toEqual([
			"id",
			"job",
			"pipeline",
			"source",
			"state",
			"acquisition",
			"measurements",
			"tables",
			"artifacts",
			"seconds",
			"completedAt",
			"traceId",
		]);
		expect(items[0]).toMatchObject({
			id: result,
			job,
			state: "current",
			acquisition: { key: "plate1.csv", members: [{ path: "plate1.csv", size: 14 }] },
			measurements: [{ name: "Asym", value: 2.345184736, unit: "OD", lower: null, upper: 2.5 }],
			artifacts: [{ name: "plots/fit.html", mediaType: "text/html", size: 11 }],
			completedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
		});
	});

	test.each(["files", "acquisitions", "jobs", "results", "measurements", "artifacts"])(
		"%s are paged by a cursor, each once, in both orders",
		async (name) => {
			for (const path of ["a.csv", "b.csv", "c.csv"]) await analyse(path);
			for (const order of ["asc", "desc"]) {
				const seen: string[] = [];
				let cursor: string | null = "";
				while (cursor !== null) {
					const from = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
					const { items, next } = await body(`/api/v1/${name}?limit=1&order=${order}${from}`);
					seen.push(...items.map((item: object) => JSON.stringify(item)));
					cursor = next;
				}
				expect(new Set(seen).size).toBe(3);
			}
		},
	);

	test("every filter that is declared is understood by what answers it", async () => {
		const values: Record<string, string> = {
			kind: "pause",
			params: "model:4PL",
			captures: "plate:7",
			measured: "r2:0.9..1",
		};
		const paging = ["limit", "cursor", "order", "sort", "fields", "count"];
		const lists = routes.filter(({ id, query }) => id.startsWith("list") && query !== undefined);
		expect(lists.length).toBeGreaterThan(7);
		for (const { path, tag, query } of lists) {
			for (const filter of Object.keys(query ?? {}).filter((name) => !paging.includes(name))) {
				const states: Record<string, string> = {
					operations: "requested",
					files: "settled",
					jobs: "dead,completed",
					alerts: "firing",
				};
				const isTime = /(since|until)$/i.test(filter);
				const time = filter.endsWith("ntil") ? "2026-11-21T08:00:00+01:00" : "2026-11-21";
				const value = (isTime ? time : values[filter]) ?? (filter === "state" ? (states[tag] ?? "current") : "x");
				const { status } = await get(`${path}?${filter}=${encodeURIComponent(value)}`);
				expect(status, `${path} by ${filter}`).toBe(200);
			}
		}
	});

	test("filters have a bound, and what is within it is answered", async () => {
		const words = (count: number, between: string) => Array.from({ length: count }, (_, i) => `w${i}`).join(between);
		const repeated = (name: string, count: number) =>
			Array.from({ length: count }, (_, i) => `${name}=n${i}:1..2`).join("&");
		const within = [
			...[`text=${words(50, "+")}`, `nameGlob=${words(50, "_")}`, `nameGlob=${"a_*".repeat(333)}`],
			...[repeated("measured", 20), repeated("captures", 20), repeated("params", 20)],
			`pipeline=${words(30, ",")}&source=${words(200, ",")}`,
		];
		const beyond = [
			...[`text=${words(51, "+")}`, `text=${"a".repeat(1_001)}`, `nameGlob=${words(51, "_")}`],
			...[repeated("measured", 21), repeated("captures", 21), repeated("params", 21), `source=${words(201, ",")}`],
		];
		for (const query of within) expect(await body(`/api/v1/results?${query}`), query).toMatchObject({ status: 200 });
		expect(await body(`/api/v1/results?${[...within.slice(2, 6), within[0], within[6]].join("&")}`)).toMatchObject({
			status: 200,
		});
		for (const query of beyond) {
			expect(await body(`/api/v1/results?${query}`), query).toMatchObject({ status: 400, code: "FILTER_INVALID" });
		}
	});

	test("filters choose", async () => {
		const first = await analyse("a.csv");
		await analyse("b.csv");
		expect((await body(`/api/v1/results?job=${first.job}`)).items).toHaveLength(1);
		expect((await body("/api/v1/results?key=b.csv")).items).toHaveLength(1);
		expect((await body("/api/v1/jobs?state=dead")).items).toHaveLength(0);
		expect((await body("/api/v1/jobs?state=completed&state=dead")).items).toHaveLength(2);
		expect((await body("/api/v1/results?since=2100-01-01")).items).toHaveLength(0);
		expect((await body("/api/v1/measurements?name=Asym&source=plates")).items).toHaveLength(2);
		expect((await body("/api/v1/files?state=analysed")).items).toHaveLength(2);
		expect((await body("/api/v1/sources?name=plates")).items).toMatchObject([{ name: "plates", mode: null }]);
		expect((await body("/api/v1/results?nameGlob=b.*")).items).toHaveLength(1);
		expect((await body("/api/v1/jobs?params=model:4PL&source=plates,images")).items).toHaveLength(2);
		expect((await body("/api/v1/jobs?params=model:5PL")).items).toHaveLength(0);
		expect((await body("/api/v1/results?measured=Asym:2..2.5&measured=Asym")).items).toHaveLength(2);
		expect((await body("/api/v1/results?measured=Asym:2.4..")).items).toHaveLength(0);
		expect((await body("/api/v1/results?measured=Asym:-1e999..1e999")).items).toHaveLength(2);
		expect((await body("/api/v1/acquisitions?acquiredUntil=2020-01-01")).items).toHaveLength(0);
	});

	test("lists are sorted by what they can be, and refuse what does not go together", async () => {
		for (const path of ["b.csv", "a.csv", "c.csv"]) await analyse(path);
		const { items } = await body("/api/v1/acquisitions?sort=key&order=asc");
		expect(items.map(({ key }: { key: string }) => key)).toEqual(["a.csv", "b.csv", "c.csv"]);
		expect((await body("/api/v1/measurements?sort=value&name=Asym")).items).toHaveLength(3);
		expect(await body("/api/v1/measurements?sort=value")).toMatchObject({
			status: 409,
			code: "SORT_UNSUPPORTED",
			fix: "Filter them by name as well.",
		});
	});

	test("items have only the fields that are asked for", async () => {
		const { job } = await analyse("a.csv");
		expect((await body("/api/v1/jobs?fields=id,state")).items).toEqual([{ id: job, state: "completed" }]);
		expect(await body("/api/v1/jobs?fields=id,colour")).toMatchObject({ status: 400, code: "FILTER_INVALID" });
	});
});

describe("single resources", () => {
	test("a job is told with its attempts and its history", async () => {
		lab.write("bad.csv", "x");
		const { id } = await lab.takeIn(bench, await lab.settle(bench, "bad.csv"));
		await lab.fail(bench, id);
		expect(await body(`/api/v1/jobs/${id}`)).toMatchObject({
			state: "dead",
			cause: { code: "R_ERROR", traceback: ["mean(od)", "fit(plate)"] },
			attempts: [
				{
					number: 1,
					outcome: "failed",
					log: "reading plate\nfitting\n",
					run: { seed: 20261121, peakMemoryBytes: 180_000_000, warnings: ["In fit(plate) : 2 wells are empty"] },
				},
			],
			history: expect.arrayContaining([expect.objectContaining({ what: "dead" })]),
		});
	});

	test("an acquisition is told with its jobs", async () => {
		const { job, result } = await analyse("a.csv");
		const { acquisition } = await body(`/api/v1/jobs/${job}`);
		expect((await body(`/api/v1/acquisitions/${acquisition}`)).jobs).toEqual([
			{ id: job, pipeline: "elisa", state: "completed", result },
		]);
	});

	test("the manifest is given byte for byte, and not again to who has it", async () => {
		const { result } = await analyse("a.csv");
		const path = `/api/v1/results/${result}/manifest`;
		const first = await get(path);
		const etag = first.headers.get("etag") as string;
		expect(JSON.parse(await first.text())).toMatchObject({ format: "watchrabbit.manifest", result });
		expect(etag).toBe(`"${(await body(`/api/v1/results/${result}`)).manifestSha256}"`);
		expect((await get(path, { headers: { "if-none-match": etag } })).status).toBe(304);
	});
});

describe("artifacts", () => {
	const path = (result: string) => `/api/v1/results/${result}/artifacts/plots/fit.html`;

	test("are downloaded whole, and what could run in a browser is never shown by it", async () => {
		const { result } = await analyse("a.csv");
		const response = await get(path(result));
		expect(await response.text()).toBe("<p>plot</p>");
		const headers = Object.fromEntries(response.headers);
		expect(headers).toMatchObject({
			"content-type": "text/html",
			"content-length": "11",
			"content-disposition": `attachment; filename="fit.html"; filename*=UTF-8''fit.html`,
			"x-content-type-options": "nosniff",
			"content-security-policy": "sandbox; default-src 'none'",
			etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
		});
		const again = await get(path(result), { headers: { "if-none-match": headers.etag as string } });
		expect(again.status).toBe(304);
	});

	test.each([
		["bytes=3-6", 206, "plot", "bytes 3-6/11"],
		["bytes=-4", 206, "</p>", "bytes 7-10/11"],
		["bytes=9-", 206, "p>", "bytes 9-10/11"],
		["bytes=0-0,5-6", 200, "<p>plot</p>", null],
		["pages=1-2", 200, "<p>plot</p>", null],
	])("are given in parts: %s", async (range, status, text, part) => {
		const { result } = await analyse("a.csv");
		const response = await get(path(result), { headers: { range } });
		expect([response.status, await response.text(), response.headers.get("content-range")]).toEqual([
			status,
			text,
			part,
		]);
		expect(response.headers.get("content-length")).toBe(String(text.length));
	});

	test("are given in parts only of the bytes that were meant, and not behind their end", async () => {
		const { result } = await analyse("a.csv");
		const { headers } = await get(path(result), { method: "HEAD" });
		const range = "bytes=0-1";
		const of = async (etag: string) => (await get(path(result), { headers: { range, "if-range": etag } })).status;
		expect([await of(headers.get("etag") as string), await of('"another"')]).toEqual([206, 200]);
		const behind = await get(path(result), { headers: { range: "bytes=11-" } });
		expect([behind.status, behind.headers.get("content-range")]).toEqual([416, "bytes */11"]);
	});

	test("tell their size to HEAD", async () => {
		const { result } = await analyse("a.csv");
		const response = await get(path(result), { method: "HEAD" });
		expect(response.headers.get("content-length")).toBe("11");
		expect(await response.text()).toBe("");
	});

	test("that are damaged or gone in the store are refused, and told", async () => {
		const { job, result } = await analyse("a.csv");
		const file = join(lab.settings.data, "objects/results", `${job}-1`, "artifacts/plots/fit.html");
		truncateSync(file, 3);
		expect(await body(path(result))).toMatchObject({ status: 500, code: "ARTIFACT_DAMAGED" });
		rmSync(file);
		expect(await body(path(result))).toMatchObject({ status: 500, detail: expect.stringContaining("is gone") });
		expect(events.filter(({ event }) => event === "request.failed")).toHaveLength(2);
	});

	test("that do not exist are not found", async () => {
		const { result } = await analyse("a.csv");
		expect(await body(`/api/v1/results/${result}/artifacts/none.png`)).toMatchObject({ status: 404 });
		expect(await body(`/api/v1/results/${result}/artifacts/..%2f..%2fcatalog.db`)).toMatchObject({ status: 404 });
	});
});

describe("refusals are problem+json", () => {
	test("an unknown filter names the allowed ones", async () => {
		expect(await body("/api/v1/results?colour=red")).toMatchObject({
			status: 400,
			type: "/api/v1/problems/filter-unknown",
			title: "Unknown query parameter",
			code: "FILTER_UNKNOWN",
			detail: "this cannot be asked for by colour",
			fix: expect.stringMatching(/^Use measured, source, .*limit, cursor, sort, order, fields, count\.$/),
		});
		const { headers } = await get("/api/v1/results?colour=red");
		expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
	});

	test.each([
		["limit=0", "limit"],
		["limit=1001", "limit"],
		["limit=ten", "limit: not a whole number"],
		["since=yesterday", "ISO 8601"],
		["state=broken", "state"],
		["order=up", "order"],
	])("%s is refused with the reason", async (query, said) => {
		const { status, detail } = await body(`/api/v1/jobs?${query}`);
		expect(status).toBe(400);
		expect(detail).toContain(said);
	});

	test("a cursor that no page gave leads nowhere", async () => {
		expect(await body("/api/v1/jobs?cursor=rubbish")).toMatchObject({ status: 404, code: "CURSOR_INVALID" });
	});

	test.each(["/", "/api/v1/dishes", "/api/v1/jobs/nobody", "/api/v1/results/none/manifest", "/api/v2/jobs"])(
		"%s is not found, and what there is is named",
		async (path) => {
			expect(await body(path)).toMatchObject({
				status: 404,
				code: "NOT_FOUND",
				fix: expect.stringContaining("/api/v1/"),
			});
		},
	);

	test("a URL that is none is refused in the same form", async () => {
		expect(await body("/api/v1/jobs/%zz")).toMatchObject({ status: 400, code: "REQUEST_INVALID" });
	});

	test("a second program at the same port is told so", async () => {
		const port = Number(new URL(address).port);
		const settings = { ...lab.settings, http: { ...loopback, port } };
		const second = apiOfLab(bench, { settings, health });
		await expect(second.listen()).rejects.toMatchObject({ code: "PORT_IN_USE", fix: expect.stringContaining(":0") });
		await second.close(1_000);
	});
});

describe("operations", () => {
	test("ready says which part is not, and since when", async () => {
		health.set("catalog", "up", "answers");
		expect(await body("/health/ready")).toMatchObject({ status: 200, ok: true });
		health.set("catalog", "down", "EIO");
		expect(await body("/health/ready")).toMatchObject({
			status: 503,
			checks: [{ name: "catalog", state: "down", detail: "EIO", since: expect.stringMatching(/Z$/) }],
		});
		expect(await body("/health/live")).toMatchObject({ status: 200 });
	});

	test("metrics are in the format of Prometheus", async () => {
		await analyse("a.csv");
		const response = await get("/metrics");
		expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
		expect(await response.text()).toContain("# TYPE watchrabbit_jobs_created_total counter");
	});

	test("while it drains, requests are told to come back, and health goes on answering", async () => {
		api.drain();
		const response = await get("/api/v1/jobs");
		expect(response.status).toBe(503);
		expect(response.headers.get("retry-after")).toBe("5");
		expect(await response.json()).toMatchObject({ code: "DRAINING" });
		expect(await body("/health/live")).toMatchObject({ status: 200 });
		expect(await body("/health/ready")).toMatchObject({ status: 503 });
	});
});
