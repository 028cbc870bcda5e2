import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Api } from "#api/api.ts";
import { Reader } from "#catalog/reader.ts";
import { transient } from "#core/errors.ts";
import type { InternalEvent } from "#domain/report.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

let lab: SmallLab;
let api: Api;
let address: string;
const told: InternalEvent[] = [];
beforeAll(async () => {
	lab = new SmallLab();
	const bench = await lab.open();
	const values = [1.5, "NaN", "-Inf", null] as const;
	for (const [i, value] of values.entries()) {
		const path = `=cmd|' ${i}.csv`;
		lab.write(path, String(i));
		const measurements = [
			{ name: "od", value, unit: "OD" },
			{ name: "-low", value: -i, unit: "", lower: -4 },
		];
		await lab.analyse(bench, path, { measurements });
	}
	api = apiOfLab(bench, { report: (event) => told.push(event) });
	address = await api.listen();
});
afterAll(async () => {
	await api.close(0);
	await lab.remove();
});

const get = (path: string, accept: string) => fetch(`${address}/api/v1/${path}`, { headers: { accept } });
const json = async (path: string) =>
	(await (await get(path, "application/json")).json()) as { items: object[]; count?: object };

describe("a whole list", () => {
	it("as NDJSON is the list's items, each in a line", async () => {
		for (const name of ["acquisitions", "jobs", "results", "measurements", "artifacts"]) {
			const answer = await get(name, "application/x-ndjson");
			expect(answer.headers.get("content-disposition")).toBe(`attachment; filename="${name}.ndjson"`);
			const lines = (await answer.text()).trimEnd().split("\n");
			expect(lines.map((line) => JSON.parse(line))).toEqual((await json(`${name}?limit=1000`)).items);
		}
	});

	it("as CSV has a header, numbers as R reads them, and no formula that a spreadsheet would run", async () => {
		const text = await (await get("measurements?order=asc&fields=key,name,value,lower", "text/csv")).text();
		expect(text.split("\r\n").slice(0, 4)).toEqual([
			"key,name,value,lower",
			`'=cmd|' 0.csv,od,1.5,`,
			`'=cmd|' 0.csv,'-low,0,-4`,
			`'=cmd|' 1.csv,od,NaN,`,
		]);
		expect(text).toContain("'=cmd|' 2.csv,od,-Inf,\r\n");
		expect(text).toContain("'=cmd|' 2.csv,'-low,-2,-4\r\n");
		expect(text).toContain("'=cmd|' 3.csv,od,,\r\n");
	});

	it("as Parquet has typed columns: doubles with NaN, the infinities and NA, and times", async () => {
		const answer = await get("measurements?order=asc", "application/vnd.apache.parquet");
		const rows = await parquetReadObjects({ file: await answer.arrayBuffer() });
		expect(rows).toHaveLength(8);
		expect(rows.filter(({ name }) => name === "od").map(({ value }) => value)).toEqual([
			1.5,
			Number.NaN,
			Number.NEGATIVE_INFINITY,
			null,
		]);
		expect(rows[0]?.completedAt).toBeInstanceOf(Date);
		expect(rows[0]?.key).toBe("=cmd|' 0.csv");
	});

	it("that is empty is a table without rows in every format", async () => {
		const none = "measurements?name=nothing";
		expect(await (await get(none, "application/x-ndjson")).text()).toBe("");
		expect(await (await get(`${none}&fields=name,value`, "text/csv")).text()).toBe("name,value\r\n");
		const file = await (await get(none, "application/vnd.apache.parquet")).arrayBuffer();
		expect(await parquetReadObjects({ file })).toEqual([]);
	});

	it("is as long as it is asked for, and has no pages", async () => {
		const lines = async (query: string) =>
			(await (await get(`measurements?${query}`, "application/x-ndjson")).text()).trimEnd().split("\n").length;
		expect([await lines(""), await lines("limit=3")]).toEqual([8, 3]);
		expect((await get("measurements?cursor=x", "text/csv")).status).toBe(409);
	});

	it("that is refused is refused whole: no part of an export is in it", async () => {
		const headers = { accept: "text/csv", "accept-encoding": "br, gzip" };
		const refused = await fetch(`${address}/api/v1/measurements?sort=value`, { headers });
		expect([refused.status, refused.headers.get("content-disposition")]).toEqual([409, null]);
		expect(await refused.json()).toMatchObject({ code: "SORT_UNSUPPORTED" });
	});

	it("is not read for who asks for its headers alone", async () => {
		const read = vi.spyOn(Reader.prototype, "each");
		const pages: number[] = [];
		read.mockImplementation(async function* () {
			for (let n = 0; n < 1_000; n++) {
				pages.push(n);
				yield [];
			}
		});
		const head = await fetch(`${address}/api/v1/measurements`, { method: "HEAD", headers: { accept: "text/csv" } });
		read.mockRestore();
		expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8; header=present"]);
		expect(pages.length).toBeLessThan(3);
	});

	it("that breaks off is told, and is no whole answer", async () => {
		const read = vi.spyOn(Reader.prototype, "each");
		read.mockImplementation(async function* () {
			yield [];
			throw transient("AWAY", "nobody at the database");
		});
		told.length = 0;
		await expect(get("measurements", "application/x-ndjson").then((answer) => answer.text())).rejects.toThrow();
		read.mockRestore();
		expect(told).toContainEqual(expect.objectContaining({ event: "request.failed" }));
	});

	it("is counted where that is asked for", async () => {
		expect((await json("measurements?limit=1&count=exact")).count).toEqual({ count: 8, is: "exact" });
		expect((await json("measurements?limit=1&count=estimated&name=od")).count).toEqual({ count: 4, is: "exact" });
		expect(await json("measurements?limit=1")).not.toHaveProperty("count");
	});

	it("nested fields are columns of their own, lists are JSON", async () => {
		const [header, row] = (await (await get("jobs?limit=1", "text/csv")).text()).split("\r\n");
		expect(header).toContain("analysis.file,analysis.digest");
		expect(header).toContain("progress.fraction");
		expect(row).toContain(`"{""model"":""4PL""}"`);
	});
});
