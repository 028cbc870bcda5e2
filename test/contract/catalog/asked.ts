import { Kysely } from "kysely";
import { beforeEach, describe, expect, it } from "vitest";
import { Reader } from "#catalog/reader.ts";
import type { Schema } from "#catalog/schema.ts";
import type { Catalog, ReadCatalog } from "#core/ports/catalog.ts";
import type { Filter, Page, PageRequest } from "#core/ports/catalog-rows.ts";
import { acquisition, arrival, claimed, commitOf, endOf, intake, plan } from "#test/support/acquisitions.ts";
import { dialectFor } from "#test/support/open-catalog.ts";
import type { CatalogUnderTest } from "../catalog.ts";

/** What is there: 24 acquisitions of three sources, each analysed by one of two pipelines, all but every eighth with a result. */
interface Known {
	readonly n: number;
	readonly key: string;
	readonly source: string;
	readonly pipeline: string;
	readonly pool: string;
	readonly model: string;
	readonly plate: string;
	readonly acquiredAt: number;
	readonly settledAt: number;
	readonly createdAt: number;
	readonly completedAt: number;
	readonly r2: number;
	readonly state: "completed" | "dead";
	readonly artifacts: readonly string[];
}

const known: readonly Known[] = Array.from({ length: 24 }, (_, n) => ({
	n,
	key: `run_${n % 4}/2026-11-${10 + n} Plate_P${String(n).padStart(4, "0")}${n % 2 ? "a" : ""}.csv`,
	source: ["plates", "reader", "hplc"][n % 3] as string,
	pipeline: n % 4 === 0 ? "qc" : "elisa",
	pool: n % 5 === 0 ? "large" : "default",
	model: n % 6 === 0 ? "5PL" : "4PL",
	plate: String(n % 7),
	acquiredAt: 10_000 - 300 * n,
	settledAt: 20_000 + 100 * (n % 10),
	createdAt: 30_000 + 10 * Math.floor(n / 2),
	completedAt: 40_000 + 10 * Math.floor(n / 3),
	r2: n % 9 === 0 ? 0.5 : 0.9 + n / 1_000,
	state: n % 8 === 7 ? "dead" : "completed",
	artifacts: [`fit_${n % 3}.png`, ...(n % 2 ? ["report.html"] : [])],
}));

type Case = readonly [filter: Filter, is: (row: Known) => boolean];

const within = (value: number, since: number, until: number) => value >= since && value < until;

/** Of acquisitions, jobs, and what belongs to results. */
const common: readonly Case[] = [
	[{}, () => true],
	[{ source: "plates" }, ({ source }) => source === "plates"],
	[{ source: ["plates", "hplc"] }, ({ source }) => source !== "reader"],
	[{ source: [] }, () => false],
	[{ source: "\0" }, () => false],
	[{ nameGlob: "\0*" }, () => false],
	[{ text: "\0" }, () => true],
	[{ acquiredSince: 7_000 }, ({ acquiredAt }) => acquiredAt >= 7_000],
	[{ acquiredSince: 5_000, acquiredUntil: 7_000 }, ({ acquiredAt }) => within(acquiredAt, 5_000, 7_000)],
	[{ settledUntil: 20_300 }, ({ settledAt }) => settledAt < 20_300],
	[{ settledSince: 20_300, settledUntil: 20_300 }, () => false],
	[{ nameGlob: "*Plate_P0003a.csv" }, ({ n }) => n === 3],
	[{ nameGlob: "*_P000?.csv" }, ({ n }) => n < 10 && n % 2 === 0],
	[{ nameGlob: "2026-11-1*" }, ({ n }) => n < 10],
	[{ nameGlob: "run_2/*" }, ({ n }) => n % 4 === 2],
	[{ nameGlob: "RUN_2/*" }, () => false],
	[{ nameGlob: "*a.csv" }, ({ n }) => n % 2 === 1],
	[{ nameGlob: "%" }, () => false],
	[{ nameGlob: "[r]un*" }, () => false],
	[{ captures: { plate: "3" } }, ({ plate }) => plate === "3"],
	[{ captures: { plate: "3", run: "2" } }, ({ plate, n }) => plate === "3" && n % 4 === 2],
	[{ captures: { plate: "33" } }, () => false],
	[{ text: "plate p0003" }, ({ n }) => n === 3],
	[{ text: "P001" }, ({ n }) => n >= 10 && n < 20],
	[{ text: "late" }, () => false],
	[{ text: "plat p0003" }, () => false],
	[{ text: "p0003a plat" }, ({ n }) => n === 3],
	[{ text: "sample-17" }, ({ n }) => n === 17 || n === 7],
	[{ text: "…" }, () => true],
	[
		{ source: ["reader", "hplc"], nameGlob: "run_1/*", text: "2026" },
		({ n, source }) => n % 4 === 1 && source !== "plates",
	],
];

const ofJobs: readonly Case[] = [
	[{ pipeline: "qc" }, ({ pipeline }) => pipeline === "qc"],
	[{ pipeline: ["qc", "elisa"], source: ["plates"] }, ({ source }) => source === "plates"],
	[{ params: { model: "5PL" } }, ({ model }) => model === "5PL"],
	[{ params: { model: "5PL", weights: [1, 2.5] } }, ({ model }) => model === "5PL"],
	[{ params: { model: "5PL", weights: [1, 2] } }, () => false],
	[{ params: { model: null } }, () => false],
	[{ params: {} }, () => true],
];

const jobsAlone: readonly Case[] = [
	[{ pool: "large" }, ({ pool }) => pool === "large"],
	[{ pool: ["large", "default"], state: "dead" }, ({ state }) => state === "dead"],
	[{ state: ["dead", "completed"], pipeline: "qc" }, ({ pipeline }) => pipeline === "qc"],
	[{ state: "dead", pipeline: "elisa" }, ({ state, pipeline }) => state === "dead" && pipeline === "elisa"],
	[{ createdSince: 30_050, createdUntil: 30_080 }, ({ createdAt }) => within(createdAt, 30_050, 30_080)],
	[{ text: "object missing" }, ({ state }) => state === "dead"],
	[{ text: "object p0007" }, () => false],
];

const ofResults: readonly Case[] = [
	[{ state: "current" }, () => true],
	[{ state: "superseded" }, () => false],
	[{ completedSince: 40_020, completedUntil: 40_050 }, ({ completedAt }) => within(completedAt, 40_020, 40_050)],
	[
		{ pipeline: "elisa", completedUntil: 40_050 },
		({ pipeline, completedAt }) => pipeline === "elisa" && completedAt < 40_050,
	],
];

const resultsAlone: readonly Case[] = [
	[{ measured: [{ name: "r2", min: 0.9 }] }, ({ r2 }) => r2 >= 0.9],
	[{ measured: [{ name: "r2", min: 0.5, max: 0.5 }] }, ({ r2 }) => r2 === 0.5],
	[
		{
			measured: [
				{ name: "r2", max: 0.91 },
				{ name: "n", min: 5 },
			],
		},
		({ r2, n }) => r2 <= 0.91 && n >= 5,
	],
	[{ measured: [{ name: "odd" }] }, ({ n }) => n % 2 === 1],
	[{ measured: [{ name: "r3" }] }, () => false],
];

/** Every filter of every listing, against what it says of each thing that is there; and the orders, and pages. */
export function describeAsked(under: () => CatalogUnderTest): void {
	describe.each([
		["few", 1_000],
		["many", 2],
	])("what is asked for, where what a search finds counts as %s", (_, few) => {
		let reader: ReadCatalog;
		let db: Kysely<Schema>;
		beforeEach(async () => {
			const { catalog, location } = under();
			await fill(catalog);
			db = new Kysely<Schema>({ dialect: dialectFor(location) });
			reader = new Reader(db, "everything", few);
			return () => db.destroy();
		});

		const analysed = known.filter(({ state }) => state === "completed");
		const keyOf = ({ key }: { readonly key: string }) => key;

		async function all<T>(list: (request: PageRequest) => Promise<Page<T>>, request: PageRequest): Promise<T[]> {
			const items: T[] = [];
			let cursor: string | undefined;
			do {
				const page = await list(cursor === undefined ? request : { ...request, cursor });
				items.push(...page.items);
				cursor = page.next;
			} while (cursor !== undefined);
			return items;
		}

		/** In both orders, by small pages and in one: the same rows, each once. */
		async function asked<T>(
			list: (request: PageRequest) => Promise<Page<T>>,
			filter: Filter,
			sort?: string,
		): Promise<T[]> {
			const sorted = sort === undefined ? {} : { sort };
			const whole = (await list({ limit: 1_000, filter, ...sorted })).items;
			expect(await all(list, { limit: 2, filter, ...sorted }), "by pages").toEqual(whole);
			expect((await all(list, { limit: 5, order: "asc", filter, ...sorted })).toReversed(), "upwards").toEqual(whole);
			return [...whole];
		}

		async function hold(
			cases: readonly Case[],
			rows: readonly Known[],
			list: (filter: Filter) => Promise<readonly string[]>,
		) {
			for (const [filter, is] of cases) {
				const expected = rows.filter(is).map(keyOf);
				expect((await list(filter)).toSorted(), JSON.stringify(filter)).toEqual(expected.toSorted());
			}
		}

		it(
			"gives those acquisitions",
			() => hold(common, known, async (filter) => (await asked((r) => reader.acquisitions(r), filter)).map(keyOf)),
			60_000,
		);

		it(
			"gives those jobs",
			() =>
				hold([...common, ...ofJobs, ...jobsAlone], known, async (filter) =>
					(await asked((r) => reader.jobs(r), filter)).map(({ id }) => keyOfJob.get(id) ?? ""),
				),
			60_000,
		);

		it(
			"gives those results",
			() =>
				hold([...common, ...ofJobs, ...ofResults, ...resultsAlone], analysed, async (filter) =>
					(await asked((r) => reader.results(r), filter)).map(({ acquisition }) => acquisition.key),
				),
			60_000,
		);

		it("gives those measurements", async () => {
			const named =
				(name: string, more: Filter = {}) =>
				async (filter: Filter) =>
					(await asked((r) => reader.measurements(r), { ...filter, ...more }))
						.filter((row) => row.name === name)
						.map(keyOf);
			await hold([...common, ...ofJobs, ...ofResults], analysed, named("r2"));
			const odd = analysed.filter(({ n }) => n % 2 === 1);
			await hold([...common, ...ofJobs], odd, named("odd", { name: "odd" }));
			for (const [measured, is] of [
				[{ name: "r2", max: 0.905 }, (row: Known) => row.r2 <= 0.905],
				[{ name: "r2", min: 0.91, max: 0.92 }, (row: Known) => row.r2 >= 0.91 && row.r2 <= 0.92],
			] as const) {
				await hold([[{ measured: [measured] }, is]], analysed, named("r2"));
			}
		}, 60_000);

		it("gives those artifacts", async () => {
			const named = (is: (name: string) => boolean) => (list: readonly Known[]) =>
				list.flatMap(({ key, artifacts }) => artifacts.filter(is).map(() => key)).toSorted();
			const given = async (filter: Filter) => {
				const rows = await asked((r) => reader.artifacts(r), filter);
				return rows.map(({ result }) => keyOfResult.get(result) ?? "").toSorted();
			};
			for (const [filter, is] of [...common, ...ofJobs, ...ofResults]) {
				// Here it is the artifact's own name: below.
				if (filter.nameGlob !== undefined) continue;
				expect(await given(filter), JSON.stringify(filter)).toEqual(named(() => true)(analysed.filter(is)));
			}
			for (const [glob, is] of [
				["fit_1*", (name: string) => name === "fit_1.png"],
				["*.html", (name: string) => name === "report.html"],
				["fit_?.png", (name: string) => name !== "report.html"],
				["nothing*", () => false],
			] as const) {
				expect(await given({ nameGlob: glob }), glob).toEqual(named(is)(analysed));
			}
			expect(await given({ name: "fit_2.png" })).toEqual(named((name) => name === "fit_2.png")(analysed));
		}, 60_000);

		it("is sorted by another column, and says which there are", async () => {
			const upwards = <T>(rows: readonly T[]) => rows.toReversed();
			const keys = upwards(await asked((r) => reader.acquisitions(r), {}, "key")).map(keyOf);
			expect(keys).toEqual(known.map(keyOf).toSorted());
			const acquired = upwards(await asked((r) => reader.acquisitions(r), { acquiredSince: 5_000 }, "acquired"));
			expect(acquired.map(keyOf)).toEqual(
				known
					.filter((row) => row.acquiredAt >= 5_000)
					.map(keyOf)
					.toReversed(),
			);
			await asked((r) => reader.acquisitions(r), { source: "plates" }, "bytes");
			const seconds = upwards(await asked((r) => reader.results(r), { pipeline: "elisa" }, "seconds"));
			expect(seconds.map((row) => row.seconds)).toEqual(seconds.map((row) => row.seconds).toSorted((a, b) => a - b));
			const values = upwards(await asked((r) => reader.measurements(r), { name: "r2", source: "plates" }, "value"));
			const expected = analysed.filter(({ source }) => source === "plates").map(({ r2 }) => r2);
			expect(values.map(({ value }) => value)).toEqual(expected.toSorted((a, b) => a - b));
			const times = upwards(await asked((r) => reader.measurements(r), { name: "r2" }, "acquired")).map(
				(row) => row.acquiredAt,
			);
			expect(times).toEqual(analysed.map(({ acquiredAt }) => acquiredAt).toReversed());
			const names = upwards(await asked((r) => reader.artifacts(r), {}, "name")).map(({ name }) => name);
			expect(names).toEqual(names.toSorted());
			await expect(reader.jobs({ limit: 1, filter: {}, sort: "constructor" })).rejects.toMatchObject({
				code: "SORT_UNSUPPORTED",
				class: "permanent",
				fix: "Sort jobs by created.",
			});
			await expect(reader.measurements({ limit: 1, filter: {}, sort: "value" })).rejects.toMatchObject({
				code: "SORT_UNSUPPORTED",
				fix: "Filter them by name as well.",
			});
		}, 60_000);

		it("keeps its place in any order while rows arrive, and a cursor is of one question", async () => {
			const request = { limit: 5, sort: "key", filter: { source: ["plates", "reader"] } } as const;
			const before = await reader.acquisitions(request);
			const late = acquisition("aaa.csv", "late", { source: "plates" });
			const last = acquisition("zzz.csv", "last", { source: "plates" });
			await under().catalog.commitIntake(intake([arrival(late), arrival(last)], { now: 50_000 }));
			const after = await all((r) => reader.acquisitions(r), { ...request, cursor: before.next ?? "" });
			const keys = [...before.items, ...after].map(keyOf);
			const shown = known.filter(({ source }) => source !== "hplc").map(keyOf);
			expect(keys).toEqual([...shown, "aaa.csv"].toSorted().toReversed());
			for (const other of [{ sort: "bytes" }, { filter: { source: "plates" } }, { order: "asc" as const }]) {
				const asked = { ...request, ...other, cursor: before.next ?? "" };
				await expect(reader.acquisitions(asked)).rejects.toMatchObject({ code: "CURSOR_INVALID" });
			}
		});

		const keyOfJob = new Map<string, string>();
		const keyOfResult = new Map<string, string>();

		async function fill(catalog: Catalog): Promise<void> {
			for (const row of known) {
				const { n, key, pipeline, pool, source, model, plate, acquiredAt, settledAt, completedAt } = row;
				const captures = { plate, run: String(n % 4), id: `Sample-${n}` };
				const of = acquisition(key, `content ${n} ${"x".repeat(n % 5)}`, { source, captures, acquiredAt, settledAt });
				const planned = plan(of, { pipeline, pool, params: { weights: [1, 2.5], model } });
				keyOfJob.set(planned.id, key);
				await catalog.commitIntake(intake([arrival(of, { plans: [planned] })], { now: row.createdAt }));
				const job = await claimed(catalog, planned.id, completedAt);
				if (row.state === "dead") {
					const cause = { class: "permanent", code: "R_ERROR", message: "Object 'x' is missing" } as const;
					await catalog.endAttempt(endOf(job, { cause, now: completedAt }));
					continue;
				}
				const measurements = [
					{ name: "r2", value: row.r2, unit: "" },
					{ name: "n", value: n, unit: "" },
					...(n % 2 ? [{ name: "odd", value: n % 4 === 1 ? null : ("Inf" as const), unit: "" }] : []),
				];
				const artifacts = row.artifacts.map((name) => ({
					name,
					mediaType: "text/plain",
					size: 3,
					sha256: "f".repeat(64),
				}));
				const commit = commitOf(
					job,
					{ measurements, artifacts, seconds: (n * 7) % 5, acquisition: job.inputs[0].acquisition },
					completedAt,
				);
				await catalog.commitResult(commit);
				keyOfResult.set(commit.manifest.result, key);
			}
		}
	});
}
