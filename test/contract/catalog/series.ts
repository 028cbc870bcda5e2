import { Kysely, sql } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { locksRows } from "#catalog/row-locks.ts";
import type { Schema } from "#catalog/schema.ts";
import type { Scalar } from "#domain/scalar.ts";
import { type LineSummary, seriesOf, summariesOf, thinnedLines } from "#domain/series.ts";
import { acquisition, arrival, claimed, commitOf, intake, plan } from "#test/support/acquisitions.ts";
import { dialectFor } from "#test/support/open-catalog.ts";
import type { CatalogUnderTest } from "../catalog.ts";

const hourMs = 3_600_000;
const begin = Date.parse("2026-01-30T22:00:00Z");

interface Measured {
	readonly n: number;
	readonly source: string;
	readonly plate: string | undefined;
	readonly acquiredAt: number;
	readonly completedAt: number;
	readonly value: Scalar;
}

/** Thirty acquisitions, ten hours apart, analysed in another order than they were written in. */
const measured: readonly Measured[] = Array.from({ length: 30 }, (_, n) => ({
	n,
	source: n % 3 === 0 ? "reader" : "plates",
	plate: n % 5 === 4 ? undefined : `P${n % 2}`,
	acquiredAt: begin + 10 * hourMs * ((n * 7) % 30),
	completedAt: begin + 400 * hourMs + n,
	value: n === 11 ? "NaN" : n === 12 ? null : 1e9 + ((n * 13) % 17) / 8,
}));

export function describeSeries(under: () => CatalogUnderTest): void {
	describe("measurements as series", () => {
		beforeEach(async () => {
			const { catalog } = under();
			for (const { n, source, plate, acquiredAt, completedAt, value } of measured) {
				const captures: Record<string, string> = plate === undefined ? {} : { plate };
				const of = acquisition(`p${n}`, `content ${n}`, { source, captures, acquiredAt });
				await catalog.commitIntake(intake([arrival(of)], { now: completedAt - 1 }));
				const measurements = [
					{ name: "r2", value, unit: "" },
					{ name: "conc", value: n, unit: n % 2 ? "ng/mL" : "mg/mL" },
				];
				const job = await claimed(catalog, plan(of).id, completedAt);
				const { id } = { id: job.inputs[0].acquisition };
				expect(await catalog.commitResult(commitOf(job, { measurements, acquisition: id }, completedAt))).toBe(true);
			}
		}, 60_000);

		const byAcquisition = measured.toSorted((a, b) => a.acquiredAt - b.acquiredAt);

		it("are points in the order of either time, in groups of what was asked for", async () => {
			const { catalog } = under();
			const points = async (time: "acquired" | "completed") => {
				const found = [];
				const groupBy = ["source", "pipeline", { capture: "plate" }] as const;
				for await (const some of seriesOf(catalog, { filter: { name: "r2" }, time, groupBy })) found.push(...some);
				return found.map(({ at, value, group }) => ({ at, value, group }));
			};
			const pointOf = (at: "acquiredAt" | "completedAt") => (one: Measured) => ({
				at: one[at],
				value: one.value,
				group: [one.source, "elisa", one.plate ?? null],
			});
			expect(await points("acquired")).toEqual(byAcquisition.map(pointOf("acquiredAt")));
			expect(await points("completed")).toEqual(measured.map(pointOf("completedAt")));
		});

		it("are summed up by day, month, source and capture as a second look at the values does", async () => {
			const { catalog } = under();
			const summaries = async (request: Parameters<typeof summariesOf>[1]) => {
				const found: LineSummary[] = [];
				for await (const summary of summariesOf(catalog, request)) found.push(summary);
				return found;
			};
			const filter = { name: "r2" };
			for (const [bucket, groupBy, keyOf] of [
				["day", [], (one: Measured) => [new Date(one.acquiredAt).toISOString().slice(0, 10), []]],
				["month", ["source"], (one: Measured) => [new Date(one.acquiredAt).toISOString().slice(0, 7), [one.source]]],
				[undefined, [{ capture: "plate" }], (one: Measured) => [null, [one.plate ?? null]]],
			] as const) {
				const groups = Map.groupBy(byAcquisition, (one) => JSON.stringify(keyOf(one)));
				const asked = { filter, groupBy, quantiles: [0.5], ...(bucket === undefined ? {} : { bucket }) };
				const found = new Map(
					(await summaries(asked)).map((one) => {
						const iso = one.since === null ? null : new Date(one.since).toISOString();
						return [JSON.stringify([iso?.slice(0, bucket === "day" ? 10 : 7) ?? null, one.group]), one];
					}),
				);
				expect([...found.keys()].toSorted()).toEqual([...groups.keys()].toSorted());
				for (const [key, members] of groups) {
					const values = members.map(({ value }) => value).filter((value) => typeof value === "number");
					const mean = values.reduce((so, value) => so + (value - 1e9), 0) / values.length;
					const squares = values.reduce((so, value) => so + (value - 1e9 - mean) ** 2, 0);
					const summary = found.get(key);
					expect(summary).toMatchObject({ count: values.length, notFinite: members.length - values.length });
					if (values.length === 0) continue;
					expect((summary?.mean ?? 0) - 1e9).toBeCloseTo(mean, 6);
					if (values.length > 1) expect(summary?.sd).toBeCloseTo(Math.sqrt(squares / (values.length - 1)), 6);
					const sorted = values.toSorted((a, b) => a - b);
					const half = (sorted.length - 1) / 2;
					const median = ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half)] ?? 0)) / 2;
					expect(summary?.quantiles["0.5"]).toBeCloseTo(median, 6);
				}
			}
			const units = await summaries({ filter: { name: "conc" } });
			expect(units.map(({ unit, count }) => `${unit} ${count}`).toSorted()).toEqual(["mg/mL 15", "ng/mL 15"]);
		});

		it("are thinned to lines that can be drawn", async () => {
			const { catalog } = under();
			const request = { filter: { name: "r2" }, groupBy: ["source"] as const };
			for (const by of ["lttb", "extremes"] as const) {
				const lines = await thinnedLines(catalog, request, { most: 6, by });
				expect(lines.map(({ group, count, notFinite }) => `${group} ${count} ${notFinite}`).toSorted()).toEqual([
					"plates 20 1",
					"reader 10 1",
				]);
				for (const { points } of lines) expect(points.length).toBeLessThanOrEqual(6);
			}
		});

		it("tell nothing of what a scope does not show", async () => {
			const reader = under().catalog.within({ sources: ["plates"], pipelines: ["qc"] });
			for await (const some of seriesOf(reader, { filter: {} })) expect(some).toEqual([]);
		});

		it("are given whole, and counted", async () => {
			const { catalog } = under();
			let rows = 0;
			for await (const some of catalog.each("measurements", { filter: { name: "conc" }, order: "asc" }))
				rows += some.length;
			expect(rows).toBe(30);
			for (const how of ["exact", "estimated"] as const) {
				expect(await catalog.count("results", {}, how)).toEqual({ count: 30, is: "exact" });
				expect(await catalog.count("measurements", { name: "r2", source: "reader" }, how)).toEqual({
					count: 10,
					is: "exact",
				});
				expect(await catalog.count("acquisitions", { captures: { plate: "P1" } }, how)).toEqual({
					count: 12,
					is: "exact",
				});
				expect(await catalog.count("jobs", { pool: [] }, how)).toEqual({ count: 0, is: "exact" });
				expect(await catalog.count("takenFiles", {}, how)).toEqual({ count: 30, is: "exact" });
			}
		});

		it("are estimated where there are more than can be counted quickly, which is said", async () => {
			const { catalog, location } = under();
			const more = 12_000;
			const db = new Kysely<Schema>({ dialect: dialectFor(location) });
			try {
				const [first, ...others] = await db.selectFrom("acquisitions").selectAll().execute();
				const copied = { ...first, ...Object.fromEntries(["id", "key_hash"].map((name) => [name, sql`'copy-' || i`])) };
				const columns = Object.entries(copied);
				await sql`
					insert into acquisitions (${sql.join(columns.map(([name]) => sql.ref(name)))})
					with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < ${sql.lit(more)})
					select ${sql.join(columns.map(([, value]) => (typeof value === "number" ? sql.lit(value) : value)))} from numbers
				`.execute(db);
				if (locksRows(db)) await sql`analyze acquisitions`.execute(db);
				const there = others.length + 1 + more;
				expect(await catalog.count("acquisitions", {}, "exact")).toEqual({ count: there, is: "exact" });
				const estimated = await catalog.count("acquisitions", {}, "estimated");
				expect(estimated.is).toBe(locksRows(db) ? "about" : "at least");
				expect(estimated.count).toBeGreaterThanOrEqual(10_000);
				expect(estimated.count).toBeLessThan(1.5 * there);
				expect(await catalog.count("acquisitions", { key: "p7" }, "estimated")).toEqual({ count: 1, is: "exact" });
			} finally {
				await db.destroy();
			}
		}, 60_000);
	});
}
