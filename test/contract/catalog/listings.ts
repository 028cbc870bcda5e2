import { describe, expect, it } from "vitest";
import type { Filter, Page, PageRequest } from "#core/ports/catalog-rows.ts";
import { acquisition, arrival, claimed, commitOf, complete, intake, plan, sha256 } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

export function describeListings(under: () => CatalogUnderTest): void {
	describe("listings", () => {
		/** Seven plates of two sources, taken at 1000, 1000, 1010, 1010, 1020, ..., of which the first three are analysed. */
		async function seven() {
			const { catalog } = under();
			const plates = Array.from({ length: 7 }, (_, i) =>
				acquisition(`p${i}`, `C${i}`, { source: i % 2 === 0 ? "plates" : "reader" }),
			);
			for (const [i, plate] of plates.entries()) {
				const planned = plan(plate, { pipeline: i < 5 ? "elisa" : "qc" });
				await catalog.commitIntake(
					intake([arrival(plate, { plans: [planned] })], { now: 1_000 + 10 * Math.floor(i / 2) }),
				);
				if (i >= 3) continue;
				const measurements = [
					{ name: "Asym", value: i, unit: "" },
					{ name: "xmid", value: i + 0.5, unit: "ng/mL" },
				];
				await catalog.commitResult(commitOf(await claimed(catalog, planned.id), { measurements }, 2_000));
			}
			return catalog;
		}

		/** All items, by pages of the given size. */
		async function all<T>(list: (request: PageRequest) => Promise<Page<T>>, request: PageRequest): Promise<T[]> {
			const items: T[] = [];
			let cursor: string | undefined;
			do {
				const page = await list(cursor === undefined ? request : { ...request, cursor });
				expect(page.items.length).toBeLessThanOrEqual(request.limit);
				items.push(...page.items);
				cursor = page.next;
			} while (cursor !== undefined);
			return items;
		}

		it.each([1, 2, 3, 7, 100])("give each row once, in both orders, by pages of %i", async (limit) => {
			const catalog = await seven();
			const lists = {
				acquisitions: async (order: "asc" | "desc") =>
					(await all((r) => catalog.acquisitions(r), { limit, order, filter: {} })).map(({ id }) => id),
				jobs: async (order: "asc" | "desc") =>
					(await all((r) => catalog.jobs(r), { limit, order, filter: {} })).map(({ id }) => id),
				results: async (order: "asc" | "desc") =>
					(await all((r) => catalog.results(r), { limit, order, filter: {} })).map(({ id }) => id),
				measurements: async (order: "asc" | "desc") =>
					(await all((r) => catalog.measurements(r), { limit, order, filter: {} })).map((m) => `${m.result} ${m.name}`),
				artifacts: async (order: "asc" | "desc") =>
					(await all((r) => catalog.artifacts(r), { limit, order, filter: {} })).map((a) => `${a.result} ${a.name}`),
			};
			const sizes = { acquisitions: 7, jobs: 7, results: 3, measurements: 6, artifacts: 3 };
			for (const [name, list] of Object.entries(lists)) {
				const ascending = await list("asc");
				expect(new Set(ascending).size, name).toBe(sizes[name as keyof typeof sizes]);
				expect(await list("desc"), name).toEqual(ascending.toReversed());
			}
		});

		it("have no next page behind the last row", async () => {
			const catalog = await seven();
			expect((await catalog.jobs({ limit: 7, filter: {} })).next).toBeUndefined();
			expect((await catalog.jobs({ limit: 6, filter: {} })).next).toBeDefined();
		});

		it("stay in place while rows arrive", async () => {
			const catalog = await seven();
			const first = await catalog.jobs({ limit: 3, filter: {} });
			await catalog.commitIntake(intake([arrival(acquisition("new", "new"))], { now: 9_000 }));
			const rest = await all((r) => catalog.jobs(r), { limit: 3, filter: {}, cursor: first.next ?? "" });
			const ids = [...first.items, ...rest].map(({ id }) => id);
			expect(new Set(ids).size).toBe(7);
		});

		it("refuse what is not a cursor of theirs", async () => {
			const catalog = await seven();
			const { next = "" } = await catalog.jobs({ limit: 1, filter: {} });
			const invalid = { code: "CURSOR_INVALID", class: "permanent" };
			for (const cursor of ["", "x", "bm9uc2Vuc2U", Buffer.from('["jobs","desc",1]').toString("base64url")]) {
				await expect(catalog.jobs({ limit: 1, filter: {}, cursor })).rejects.toMatchObject(invalid);
			}
			await expect(catalog.results({ limit: 1, filter: {}, cursor: next })).rejects.toMatchObject(invalid);
			await expect(catalog.jobs({ limit: 1, order: "asc", filter: {}, cursor: next })).rejects.toMatchObject(invalid);
		});

		it("filter jobs", async () => {
			const catalog = await seven();
			const count = async (filter: Filter) => (await catalog.jobs({ limit: 100, filter })).items.length;
			const [job] = (await catalog.jobs({ limit: 1, order: "asc", filter: {} })).items;
			expect(await count({ id: job?.id ?? "" })).toBe(1);
			expect(await count({ source: "plates" })).toBe(4);
			expect(await count({ pipeline: "qc" })).toBe(2);
			expect(await count({ pipeline: "qc", source: "plates" })).toBe(1);
			expect(await count({ state: ["completed"] })).toBe(3);
			expect(await count({ state: ["completed", "queued"] })).toBe(7);
			expect(await count({ state: [] })).toBe(0);
			expect(await count({ acquisition: job?.acquisition ?? "" })).toBe(1);
			expect(await count({ since: 1_010 })).toBe(5);
			expect(await count({ since: 1_010, until: 1_030 })).toBe(4);
		});

		it("filter acquisitions", async () => {
			const catalog = await seven();
			await catalog.commitIntake(intake([arrival(acquisition("p0", "newer"))], { now: 5_000 }));
			const versions = async (filter: Filter) =>
				(await catalog.acquisitions({ limit: 100, filter })).items.map(({ key, version }) => `${key} v${version}`);
			expect(await versions({ key: "p0" })).toEqual(["p0 v2", "p0 v1"]);
			expect(await versions({ state: ["superseded"] })).toEqual(["p0 v1"]);
			expect(await versions({ digest: sha256("C3") })).toEqual(["p3 v1"]);
			expect(await versions({ job: plan(acquisition("p1", "C1")).id })).toEqual(["p1 v1"]);
			expect(await versions({ source: "reader", since: 1_020 })).toEqual(["p5 v1"]);
		});

		it("filter results, measurements and artifacts by what the result is of", async () => {
			const catalog = await seven();
			const [first] = (await catalog.results({ limit: 1, filter: { key: "p0" } })).items;
			const filters: Filter[] = [
				{ key: "p0" },
				{ job: first?.job ?? "" },
				{ acquisition: first?.acquisition.id ?? "" },
				{ source: "plates", pipeline: "elisa", state: ["current"], since: 2_000, until: 2_001, key: "p0" },
			];
			for (const filter of filters) {
				expect((await catalog.results({ limit: 9, filter })).items.map(({ id }) => id)).toEqual([first?.id]);
				const measurements = (await catalog.measurements({ limit: 9, order: "asc", filter })).items;
				expect(measurements.map(({ name, value }) => [name, value])).toEqual([
					["Asym", 0],
					["xmid", 0.5],
				]);
				expect((await catalog.artifacts({ limit: 9, filter })).items).toMatchObject([{ result: first?.id }]);
			}
			expect((await catalog.measurements({ limit: 9, filter: { name: "xmid" } })).items).toHaveLength(3);
			expect(
				(await catalog.artifacts({ limit: 9, filter: { name: "plot.png", digest: sha256("png") } })).items,
			).toHaveLength(3);
			expect((await catalog.results({ limit: 9, filter: { state: ["superseded"] } })).items).toEqual([]);
		});

		it("refuse a filter that they do not have", async () => {
			const { catalog } = under();
			await expect(catalog.jobs({ limit: 1, filter: { digest: "x" } })).rejects.toMatchObject({
				code: "FILTER_UNSUPPORTED",
				class: "permanent",
			});
		});

		it("give nothing for ids that are not known", async () => {
			const { catalog } = under();
			expect(await catalog.job("j0")).toBeUndefined();
			expect(await catalog.result("r0")).toBeUndefined();
			expect(await catalog.acquisition("a0")).toBeUndefined();
			expect(await catalog.jobsOf("a0")).toEqual([]);
			expect(await catalog.history("a0")).toEqual([]);
		});

		it("count jobs by state, every state included", async () => {
			const catalog = await seven();
			expect(await catalog.countJobs()).toEqual({
				created: 0,
				validated: 0,
				queued: 4,
				running: 0,
				completed: 3,
				failed: 0,
				dead: 0,
				cancelled: 0,
				superseded: 0,
			});
			await complete(catalog, plan(acquisition("p3", "C3")).id);
			expect(await catalog.pending()).toMatchObject({ jobs: 3, outbox: 7 });
			expect(await catalog.pending(["other"])).toMatchObject({ jobs: 3, outbox: 7 });
			expect(await catalog.pending(["default", "other"])).toMatchObject({ jobs: 0, outbox: 0 });
		});

		it("count what waits and runs by pipeline, pool and state, with the time of the first", async () => {
			const catalog = await seven();
			const job = plan(acquisition("p4", "C4")).id;
			const { job: running } = (await catalog.claim(job, "worker", 1_000, 3_000)) as { job: { id: string } };
			expect(running.id).toBe(job);
			const counted = (await catalog.countUnfinished()).map(
				({ pipeline, pool, state, count, since }) => `${pipeline} ${pool} ${state} ${count} ${since}`,
			);
			expect(counted.toSorted()).toEqual([
				"elisa default queued 1 1010",
				"elisa default running 1 3000",
				"qc default queued 2 1020",
			]);
		});
	});
}
