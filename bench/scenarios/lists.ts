import { join } from "node:path";
import { Kysely } from "kysely";
import { bindingOf, encodeCursor } from "#catalog/cursor.ts";
import { migrate } from "#catalog/migrations.ts";
import { Reader } from "#catalog/reader.ts";
import type { Schema } from "#catalog/schema.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { PageRequest } from "#core/ports/catalog-rows.ts";
import { dialectFor } from "#test/support/open-catalog.ts";
import { administer, startPostgres } from "#test/support/servers/postgres.ts";
import type { Finding } from "../figure.ts";
import { type Bench, type BenchContext, compare } from "../harness.ts";
import { haveServices } from "../servers.ts";
import { fillCatalog, oldModel, plate, start } from "./lists/fill-catalog.ts";

type Listed = "acquisitions" | "jobs" | "results" | "measurements" | "artifacts";
type Asked = readonly [what: string, of: Listed, request: Omit<PageRequest, "limit">];

const dayMs = 86_400_000;

/** What a lab asks for often. */
const asked = (count: number): readonly Asked[] => [
	["all", "results", { filter: {} }],
	["of a source", "results", { filter: { source: "source-7" } }],
	["of a pipeline", "results", { filter: { pipeline: "pipeline-3" } }],
	["of three pipelines", "results", { filter: { pipeline: ["pipeline-3", "pipeline-5", "pipeline-9"] } }],
	["of a source and pipeline", "results", { filter: { source: "source-7", pipeline: "pipeline-7" } }],
	["superseded, of a pipeline", "results", { filter: { pipeline: "pipeline-0", state: "superseded" } }],
	["of a day in the middle", "results", { filter: day("completed", count) }],
	["acquired on that day", "results", { filter: day("acquired", count) }],
	["of a plate, by its capture", "results", { filter: { captures: { plate } } }],
	["by a glob", "results", { filter: { nameGlob: `*_${plate}_*` } }],
	["by a glob that half of all match", "results", { filter: { nameGlob: "*_?.csv" } }],
	["by words", "results", { filter: { text: `plate ${plate}` } }],
	["by a word that all have", "results", { filter: { text: "csv" } }],
	["with a parameter", "results", { filter: { params: { weights: true } } }],
	["with a parameter of long ago", "results", { filter: { params: oldModel } }],
	["with r2 of 0.99 and more", "results", { filter: { measured: [{ name: "r2", min: 0.99 }] } }],
	[
		"with r2 below 0.6, of a pipeline",
		"results",
		{ filter: { pipeline: "pipeline-3", measured: [{ name: "r2", max: 0.6 }] } },
	],
	["by seconds", "results", { sort: "seconds", filter: {} }],
	["by name", "measurements", { filter: { name: "r2" } }],
	[
		"by name, of a pipeline, in the order of values",
		"measurements",
		{ sort: "value", filter: { name: "r2", pipeline: "pipeline-3" } },
	],
	[
		"by name, in the order of acquisition",
		"measurements",
		{ sort: "acquired", filter: { name: "r2", source: "source-7" } },
	],
	["dead", "jobs", { filter: { state: "dead" } }],
	["dead, of a pipeline", "jobs", { filter: { state: "dead", pipeline: "pipeline-9" } }],
	["of a pool", "jobs", { filter: { pool: "large" } }],
	["of a cause", "jobs", { filter: { text: "object found" } }],
	["of a source, by key", "acquisitions", { sort: "key", filter: { source: "source-7" } }],
	["by size", "acquisitions", { sort: "bytes", filter: {} }],
	["by a glob", "artifacts", { filter: { nameGlob: `report_${plate}*` } }],
];

/** 1,440 results, or all there are. */
function day(of: "completed" | "acquired", count: number) {
	const since = start + Math.floor((count * 60_000) / 2 / dayMs) * dayMs;
	return { [`${of}Since`]: since, [`${of}Until`]: since + dayMs };
}

const scopes = { pipelines: ["pipeline-1", "pipeline-4"], sources: ["source-1", "source-4"] };

/**
 * The first page (100 rows) of lists as they are often filtered, of 10,000 results and of 1,000,000; and a page far behind
 * it. On one connection, the catalog alone; rows are made by the databases themselves.
 */
export const bench: Bench = {
	id: "P8-LISTS",
	title: "First and deep pages of filtered lists, at 10,000 and 1,000,000 results, SQLite and PostgreSQL",
	async run(context) {
		const sqlite = await figuresOf("SQLite", (name) => join(context.directory, `${name}.db`), context);
		if (!haveServices(["postgres"], context.say)) return sqlite;
		const server = await startPostgres({ shared_buffers: "256MB", max_wal_size: "4GB" });
		try {
			return [...sqlite, ...(await figuresOf("PostgreSQL", () => server.createDatabase(), context))];
		} finally {
			await server.stop();
		}
	},
};

async function figuresOf(
	database: string,
	locate: (name: string) => string | Promise<string>,
	{ quick, say }: BenchContext,
): Promise<Finding[]> {
	const counts = { small: 10_000, large: quick ? 100_000 : 1_000_000 };
	const open = async (count: number) => {
		const location = await locate(String(count));
		const db = new Kysely<Schema>({ dialect: dialectFor(location) });
		await migrate(db);
		say(`${database}: ${count} results`);
		await fillCatalog(db, count);
		// As the server does by itself when rows have come; a statement of ours has less time.
		if (location.startsWith("postgres:")) await administer(location, "vacuum analyze");
		return db;
	};
	const small = await open(counts.small);
	const large = await open(counts.large);
	const rounds = { warmUps: 5, rounds: quick ? 11 : 31 };
	const findings: Finding[] = [];
	const measure = async (what: string, one: () => Promise<unknown>, other: () => Promise<unknown>) => {
		const { few, many } = await compare({ few: timed(one), many: timed(other) }, rounds);
		say(`${database}, ${what}: ${few.toFixed(2)} ms, ${many.toFixed(2)} ms, ${(many / few).toFixed(2)}`);
		const peer = { name: `of ${counts.small}`, value: few };
		findings.push({
			what: `${database}, ${what}`,
			value: many,
			unit: "ms",
			better: "lower",
			peer,
			goal: { ratio: 1 / 1.5 },
		});
	};
	try {
		const [readsSmall, readsLarge] = [new Reader(small, "everything"), new Reader(large, "everything")];
		for (const [i, [what, of, request]] of asked(counts.large).entries()) {
			const [, , smaller] = asked(counts.small)[i] as Asked;
			const called = `${of} ${what}`;
			await measure(called, pageOf(readsSmall, of, smaller), pageOf(readsLarge, of, request));
		}
		const own = [readsSmall.within(scopes), readsLarge.within(scopes)] as const;
		for (const listed of ["results", "acquisitions", "jobs"] as const) {
			const page = (reader: ReadCatalog) => pageOf(reader, listed, { filter: {} });
			await measure(`${listed} of a project`, page(own[0]), page(own[1]));
		}
		for (const pipeline of [undefined, "pipeline-3"]) {
			const filter = pipeline === undefined ? {} : { pipeline };
			const cursor = encodeCursor(bindingOf("results", "completed", "desc", filter), [
				start + counts.large * 6_000,
				"r",
			]);
			const first = pageOf(readsLarge, "results", { filter });
			const deep = pageOf(readsLarge, "results", { filter, cursor });
			await measure(`results${pipeline ? " of a pipeline" : ""}, behind nine tenths`, first, deep);
		}
	} finally {
		await small.destroy();
		await large.destroy();
	}
	return findings;
}

function pageOf(reader: ReadCatalog, of: Listed, request: Omit<PageRequest, "limit">) {
	return () => reader[of]({ ...request, limit: 100 });
}

function timed(work: () => Promise<unknown>) {
	return async () => {
		const begin = performance.now();
		await work();
		return performance.now() - begin;
	};
}
