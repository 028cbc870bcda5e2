import { describe, expect, it } from "vitest";
import type { Measurement, Table } from "#domain/result.ts";
import {
	acquisition,
	arrival,
	claimed,
	commitOf,
	intake,
	plan,
	sha256,
	traceparent,
} from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

export function describeResults(under: () => CatalogUnderTest): void {
	describe("results", () => {
		const plate = acquisition("run/p1.csv", "A");

		async function committed(changes: Parameters<typeof commitOf>[1]) {
			const { catalog } = under();
			await catalog.commitIntake(intake([arrival(plate)]));
			const commit = commitOf(await claimed(catalog, plan(plate).id), changes, 2_500);
			expect(await catalog.commitResult(commit)).toBe(true);
			return { catalog, commit, result: await catalog.result(commit.manifest.result) };
		}

		it("are given as they were committed", async () => {
			const tables: Table[] = [
				{
					name: "fit",
					rows: 3,
					artifact: "fit.json",
					columns: [{ name: "dose", type: "factor", levels: ["lo", "hi"] }],
				},
			];
			const { commit, result } = await committed({ tables });
			expect(result).toEqual({
				id: commit.manifest.result,
				job: commit.job,
				pipeline: "elisa",
				source: "plates",
				state: "current",
				supersededBy: undefined,
				acquisition: {
					id: commit.manifest.acquisition.id,
					key: "run/p1.csv",
					members: [{ path: "run/p1.csv", size: 1, sha256: sha256("A") }],
				},
				measurements: commit.manifest.measurements,
				tables,
				artifacts: commit.manifest.artifacts,
				seconds: 0.1,
				completedAt: 2_500,
				manifestKey: commit.manifestKey,
				manifestSha256: commit.manifestSha256,
				token: 1,
				traceparent,
			});
		});

		it("keep NA, NaN, infinities and 17 digits in measurements", async () => {
			const values = [null, "NaN", "Inf", "-Inf", 0.1 + 0.2, 5e-324, 1.7976931348623157e308, -1, 2 ** 60] as const;
			const measurements = values.map((value, i): Measurement => ({ name: `m${i}`, value, unit: "µg/mL" }));
			const { catalog, result } = await committed({ measurements });
			expect(result?.measurements).toEqual(measurements);
			const page = await catalog.measurements({ limit: 100, order: "asc", filter: {} });
			expect(page.items.map(({ value }) => value)).toEqual(values);
			expect(page.items[0]).toMatchObject({ key: "run/p1.csv", acquiredAt: 500, completedAt: 2_500, unit: "µg/mL" });
		});

		it("keep the limits of measurements, one-sided ones too", async () => {
			const measurements: Measurement[] = [
				{ name: "slope", value: -3.32, unit: "", lower: -3.6, upper: -3.1 },
				{ name: "blank", value: 0.05, unit: "OD", upper: 0.1 },
				{ name: "r2", value: 0.999, unit: "", lower: 0 },
			];
			const { catalog, result } = await committed({ measurements });
			expect(result?.measurements).toEqual(measurements);
			const { items } = await catalog.measurements({ limit: 100, order: "asc", filter: {} });
			expect(items.map(({ lower, upper }) => [lower, upper])).toEqual([
				[-3.6, -3.1],
				[undefined, 0.1],
				[0, undefined],
			]);
		});

		it("name the object of each artifact beside their manifest", async () => {
			const artifacts = ["plots/a.png", "\udcff\n.csv"].map((name) => ({
				name,
				mediaType: "x/y",
				size: 5_000_000_000,
				sha256: sha256(name),
			}));
			const { catalog, commit, result } = await committed({ artifacts });
			expect(result?.artifacts).toEqual(artifacts);
			const page = await catalog.artifacts({ limit: 10, order: "asc", filter: { result: commit.manifest.result } });
			expect(page.items.map(({ objectKey }) => objectKey)).toEqual([
				`results/${commit.job}-1/artifacts/plots/a.png`,
				`results/${commit.job}-1/artifacts/\udcff\n.csv`,
			]);
		});

		it("are refused under the manifest of another job", async () => {
			const { catalog } = under();
			await catalog.commitIntake(intake([arrival(plate)]));
			const commit = commitOf(await claimed(catalog, plan(plate).id), { job: "j0" });
			await expect(catalog.commitResult(commit)).rejects.toMatchObject({ code: "MANIFEST_OF_ANOTHER", class: "fault" });
		});

		it("survive the end of the process", async () => {
			const { commit } = await committed({});
			const reopened = await under().reopen();
			expect((await reopened.result(commit.manifest.result))?.state).toBe("current");
		});
	});
}
