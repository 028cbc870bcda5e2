import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { CompiledQuery, DatabaseConnection, Driver } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCatalog } from "#catalog/catalog.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import type { Filter } from "#core/ports/catalog-rows.ts";
import {
	acquisition,
	arrival,
	claimed,
	complete,
	endOf,
	intake,
	plan,
	relayed,
	replayed,
} from "#test/support/acquisitions.ts";

/**
 * Of `asides` every turn takes all there is, a few rows; `job_counts` has one a state, pool and pipeline; a branch has no
 * more rows than the page, nor what is counted more than few; words are asked for by their index.
 */
const wholeTable =
	/^SCAN (?!.*INDEX|CONSTANT ROW|asides|job_counts|branch_\d|counted$|listed$|acquisition_words VIRTUAL)/;
/** Grows with the catalog and not with the question: a table, or all jobs or results of a pipeline, or all current results. */
const wide = /^SCAN (?!.*INDEX|asides)|_by_pipeline|results_by_state/;

/** Tells every statement that goes to the database. */
class ListeningDialect extends NodeSqliteDialect {
	readonly statements = new Set<string>();

	override createDriver(): Driver {
		const driver = super.createDriver();
		const acquire = driver.acquireConnection.bind(driver);
		const heard = (query: CompiledQuery) => this.statements.add(query.sql);
		driver.acquireConnection = async (): Promise<DatabaseConnection> => {
			const connection = await acquire();
			return {
				executeQuery: (query) => {
					heard(query);
					return connection.executeQuery(query);
				},
				streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
			};
		};
		return driver;
	}
}

describe("queries of the catalog", () => {
	let directory: string;
	beforeEach(async () => {
		directory = await mkdtemp(join(tmpdir(), "watchrabbit-plans-"));
	});
	afterEach(() => rm(directory, { recursive: true }));

	/** Steps of that kind in the plans of all statements that the work sends. */
	async function steps(kind: RegExp, work: (catalog: Catalog) => Promise<void>): Promise<string[]> {
		const file = join(directory, "catalog.db");
		const dialect = new ListeningDialect(file);
		const catalog = await openCatalog(dialect);
		dialect.statements.clear();
		await work(catalog);
		await catalog.close();
		const database = new DatabaseSync(file);
		const found = [...dialect.statements]
			.filter((statement) => /^(select|update|delete)/.test(statement))
			.flatMap((statement) =>
				database
					.prepare(`explain query plan ${statement}`)
					.all()
					.map(({ detail }) => String(detail))
					.filter((detail) => kind.test(detail))
					.map((detail) => `${detail}: ${statement}`),
			);
		database.close();
		expect(dialect.statements.size).toBeGreaterThan(5);
		return found;
	}

	const [first, second] = [acquisition("a", "A"), acquisition("a", "B")];

	it("go through no whole table on the way of a job", async () => {
		const found = await steps(wide, async (catalog) => {
			await catalog.commitIntake(intake([arrival(first)], { offset: 1 }));
			await relayed(catalog);
			await complete(catalog, plan(first).id);
			await catalog.commitIntake(intake([arrival(second)], { offset: 2 }));
			await catalog.commitIntake(intake([arrival(second)]));
			await catalog.endAttempt(endOf(await claimed(catalog, plan(second).id), { againAt: 3_000 }));
			await catalog.wake(3_000);
			const { token } = await claimed(catalog, plan(second).id, 3_000);
			await catalog.keep(plan(second).id, token, 1_000, 3_000);
			await catalog.wake(5_000);
			await complete(catalog, plan(second).id, 6_000);
			await catalog.commitIntake(intake([arrival(first)]));
			await replayed(catalog, plan(first).id, 7_000, "anna");
			await catalog.requeueAll(7_000);
			await catalog.outcomes(0, 10);
			await catalog.forgetOutcomes(5, 500);
			await catalog.lease("flow", "host", 1_000, 7_000);
			await catalog.endLease("flow", "host");
			const room = catalog.room<string>("r");
			const member = { key: "k", id: "i", value: "v", since: 1, dueAt: 2 };
			for (const goOn of ["pass", "leave"] as const) await room[goOn]("k", (await room.put(member)) ?? []);
			await room.depart("k", [{ ...member, id: "j" }]);
			await room.put(member);
			await room.due(9, 9);
			await room.nextDue();
			await catalog.straysRemoved(await catalog.strays(9));
		});
		expect(found).toEqual([]);
	});

	it("go through no jobs when they are counted", async () => {
		const found = await steps(/^(SCAN|SEARCH) jobs/, async (catalog) => {
			await catalog.commitIntake(intake([arrival(first)], { offset: 1 }));
			for (let i = 0; i < 2; i++) await catalog.countJobs();
			await catalog.pending();
			await catalog.pending(["other"]);
		});
		expect(found.filter((step) => /job_counts|count\(/.test(step))).toEqual([]);
	});

	it("go through no job that is over when what waits and runs is counted", async () => {
		const found = await steps(/SEARCH jobs USING COVERING INDEX jobs_unfinished/, async (catalog) => {
			await catalog.commitIntake(intake([arrival(first)], { offset: 1 }));
			await catalog.countUnfinished();
		});
		expect(found).toHaveLength(1);
	});

	it("go through no job that is over when a start brings the settings of now", async () => {
		const found = await steps(wide, async (catalog) => {
			await catalog.commitIntake(intake([arrival(first), arrival(second)], { offset: 1 }));
			await relayed(catalog);
			const { pool, priority, timeoutMs, retry } = plan(first);
			const [from, analysis] = ["plates", { file: "/analyses/elisa.R", files: [] }];
			const now = {
				name: "elisa",
				from,
				stages: [],
				analysis,
				params: {},
				pool,
				priority,
				timeoutMs,
				retry,
				retryOn: [],
			};
			await catalog.useSettings([now]);
			await catalog.endLeases(1_000);
		});
		expect(found.filter((step) => !step.startsWith("SCAN outbox"))).toEqual([]);
	});

	it("go through no whole table for any filter of any listing", async () => {
		const time = { since: 1, until: 2 };
		const ofResults: Filter[] = [
			{ source: "s" },
			{ pipeline: "p" },
			{ state: ["current"] },
			{ acquisition: "a" },
			{ job: "j" },
			{ key: "k" },
			time,
		];
		const found = await steps(wholeTable, async (catalog) => {
			for (const filter of [{}, { id: "a" }, { source: "s" }, { key: "k" }, { digest: "d" }, { job: "j" }, time]) {
				await catalog.acquisitions({ limit: 1, filter });
			}
			for (const filter of [
				{ source: "s" },
				{ pipeline: "p" },
				{ state: ["dead"] },
				{ acquisition: "a" },
				{ result: "r" },
				time,
			]) {
				await catalog.jobs({ limit: 1, filter });
			}
			for (const filter of [...ofResults, { id: "r" }]) await catalog.results({ limit: 1, filter });
			const ofAcquisitions: Filter[] = [
				{ acquiredSince: 1, acquiredUntil: 2 },
				{ settledUntil: 2 },
				{ nameGlob: "run_1/*.csv" },
				{ captures: { plate: "7" } },
				{ text: "plate 7" },
				{ source: ["a", "b"] },
			];
			for (const filter of ofAcquisitions) {
				await catalog.acquisitions({ limit: 1, filter });
				for (const listed of ["jobs", "results", "measurements"] as const) {
					await catalog[listed]({ limit: 1, filter });
					await catalog[listed]({ limit: 1, filter: { ...filter, params: { model: "4PL" } } });
				}
			}
			for (const sort of ["acquired", "key", "bytes"]) await catalog.acquisitions({ limit: 1, sort, filter: {} });
			await catalog.results({ limit: 1, sort: "seconds", filter: {} });
			await catalog.results({ limit: 1, filter: { measured: [{ name: "r2", min: 0.9 }] } });
			await catalog.jobs({ limit: 1, filter: { pool: "default" } });
			for (const sort of ["acquired", "value"]) await catalog.measurements({ limit: 1, sort, filter: { name: "n" } });
			await catalog.artifacts({ limit: 1, filter: { nameGlob: "fit*" } });
			await catalog.artifacts({ limit: 1, sort: "name", filter: { name: "fit.png" } });
			for (const filter of [...ofResults, { result: "r" }, { name: "n" }])
				await catalog.measurements({ limit: 1, filter });
			for (const filter of [...ofResults, { result: "r" }, { digest: "d" }])
				await catalog.artifacts({ limit: 1, filter });
			await catalog.acquisitionsOf("s", "p");
			await catalog.job("j");
			await catalog.jobsOf("a");
			await catalog.history("a");
			await catalog.countJobs();
			await catalog.pending();
		});
		expect(found).toEqual([]);
	});
});
