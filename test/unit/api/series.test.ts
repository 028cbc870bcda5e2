import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Api } from "#api/api.ts";
import type { Workbench } from "#cli/application.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { SmallLab } from "#test/support/small-lab.ts";

let lab: SmallLab;
let bench: Workbench;
let api: Api;
let address: string;
beforeAll(async () => {
	lab = new SmallLab();
	bench = await lab.open();
	for (let i = 0; i < 10; i++) {
		lab.write(`${i}.csv`, String(i));
		const value = i === 9 ? ("NaN" as const) : i;
		const measurements = [
			{ name: "od", value, unit: "OD" },
			{ name: "cv", value: 2 * i, unit: "%" },
		];
		await lab.analyse(bench, `${i}.csv`, { measurements });
	}
	api = apiOfLab(bench);
	address = await api.listen();
});
afterAll(async () => {
	await api.close(0);
	await lab.remove();
});

const get = async (path: string) => {
	const answer = await fetch(`${address}/api/v1/measurements/${path}`);
	const body = (await answer.json()) as {
		readonly lines?: object[];
		readonly items?: object[];
		readonly code?: string;
	};
	return { status: answer.status, ...body };
};

it("measurements are lines in the order of time, one a name and group, thinned out to what was asked for", async () => {
	const { lines } = await get("series?groupBy=source&points=4&by=extremes&name=od");
	expect(lines).toMatchObject([{ name: "od", unit: "OD", group: { source: "plates" }, count: 10, notFinite: 1 }]);
	const [{ points }] = lines as [{ points: { at: string; value: number }[] }];
	expect(points.length).toBeLessThanOrEqual(4);
	expect(points.map(({ value }) => value)).toEqual(expect.arrayContaining([0, 8]));
	expect(points.map(({ at }) => at).toSorted()).toEqual(points.map(({ at }) => at));
	expect((await get("series")).lines).toHaveLength(2);
});

it("summaries say mean, SD, range and quantiles of each line, by day where that is asked for", async () => {
	const { items } = await get("summaries?quantiles=0.5,0.9&name=od");
	expect(items).toEqual([
		{
			name: "od",
			unit: "OD",
			group: {},
			since: null,
			count: 9,
			notFinite: 1,
			mean: 4,
			sd: Math.sqrt(7.5),
			min: 0,
			max: 8,
			quantiles: { "0.5": 4, "0.9": 7.2 },
		},
	]);
	const byDay = (await get("summaries?bucket=day&name=cv")).items as { since: string }[];
	expect(byDay.every(({ since }) => since.endsWith("T00:00:00.000Z"))).toBe(true);
});

it("who leaves is read nothing more for", async () => {
	const begun = Promise.withResolvers<void>();
	const ended = Promise.withResolvers<void>();
	const endless = async function* () {
		try {
			for (;;) {
				begun.resolve();
				await setImmediate();
				yield [];
			}
		} finally {
			ended.resolve();
		}
	};
	const within = (): ReadCatalog => ({ ...bench.catalog, each: endless });
	const patient = apiOfLab({ ...bench, catalog: { ...bench.catalog, within } });
	const left = new AbortController();
	const asked = fetch(`${await patient.listen()}/api/v1/measurements/series`, { signal: left.signal });
	await begun.promise;
	left.abort();
	await expect(asked).rejects.toThrow();
	await ended.promise;
	await patient.close(0);
});

it("what is asked for wrongly is refused with the reason", async () => {
	expect(await get("series?groupBy=colour")).toMatchObject({ status: 400, code: "FILTER_INVALID" });
	expect(await get("summaries?quantiles=2")).toMatchObject({ status: 400 });
});
