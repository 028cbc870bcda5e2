import { expect, it } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import type { MeasurementRow } from "#core/ports/catalog-rows.ts";
import { seriesOf, summariesOf, thinnedLines } from "#domain/series.ts";

const row = {
	...{ name: "od", unit: "", value: 1, acquiredAt: 1, completedAt: 2 },
	...{ source: "plates", pipeline: "elisa", captures: {}, result: "r", key: "plate.csv" },
} as unknown as MeasurementRow;

function pagesOf(...pages: (readonly MeasurementRow[])[]): Pick<Catalog, "each"> {
	const each = async function* () {
		yield* pages;
	};
	return { each: each as unknown as Catalog["each"] };
}

async function all(summaries: AsyncIterable<unknown>): Promise<unknown[]> {
	const found: unknown[] = [];
	for await (const one of summaries) found.push(one);
	return found;
}

const refused = { code: "SERIES_TOO_LARGE", fix: expect.stringContaining("Narrow it") };

it("more measurements than one answer is made of are refused, and it is said what to do", async () => {
	const many = pagesOf([row], new Array<MeasurementRow>(2_000_000));
	await expect(thinnedLines(many, { filter: {} }, { most: 10, by: "lttb" })).rejects.toMatchObject(refused);
	await expect(all(summariesOf(many, { filter: {} }))).rejects.toMatchObject(refused);
});

it("more lines than one answer is made of are refused", async () => {
	const named = (count: number) => pagesOf(Array.from({ length: count }, (_, i) => ({ ...row, name: `n${i}` })));
	expect(await thinnedLines(named(1_000), { filter: {} }, { most: 10, by: "lttb" })).toHaveLength(1_000);
	await expect(thinnedLines(named(1_001), { filter: {} }, { most: 10, by: "lttb" })).rejects.toMatchObject(refused);
	await expect(all(summariesOf(named(1_001), { filter: {} }))).rejects.toMatchObject(refused);
});

it("nothing more is read for somebody who has left", async () => {
	const left = new AbortController();
	let pages = 0;
	for await (const _ of seriesOf(pagesOf([row], [row], [row]), { filter: {}, signal: left.signal })) {
		pages++;
		left.abort();
	}
	expect(pages).toBe(1);
});
