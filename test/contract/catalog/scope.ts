import { Kysely } from "kysely";
import { describe, expect, it } from "vitest";
import type { Schema } from "#catalog/schema.ts";
import type { Catalog, ReadCatalog } from "#core/ports/catalog.ts";
import type { Acquisition } from "#domain/acquisition.ts";
import { analysisRoom, announcedRoom, roomOf } from "#domain/grouping.ts";
import { eventKinds, labEvents, seesEvent, toldOfItself } from "#domain/lab-events.ts";
import { watchLease } from "#domain/watched-elsewhere.ts";
import { acquisition, arrival, claimed, commitOf, endOf, intake, member, plan } from "#test/support/acquisitions.ts";
import { dialectFor } from "#test/support/open-catalog.ts";
import type { CatalogUnderTest } from "../catalog.ts";

const own = { sources: ["ours"], pipelines: ["elisa"] };
const page = { limit: 100, filter: {} };

/** Asks one method for what is of the scope, and for what is not. */
type Ask = (reader: ReadCatalog, ids: Ids) => Promise<readonly unknown[]>;

interface Ids {
	readonly own: Side;
	readonly foreign: Side;
	/** Of the other part's source, analysed by ours: made for it, and linked to a copy of it. */
	readonly guest: Side;
}

interface Side {
	readonly source: string;
	readonly pipeline: string;
	readonly acquisition: string;
	readonly job: string;
	readonly result: string;
	readonly key: string;
}

const sides = ({ own, foreign, guest }: Ids) => [own, foreign, guest];

const lists = ["acquisitions", "takenFiles", "jobs", "results", "measurements", "artifacts"] as const;

async function all(pages: AsyncIterable<readonly unknown[]>): Promise<unknown[]> {
	const rows: unknown[] = [];
	for await (const page of pages) rows.push(...page);
	return rows;
}

/** Every method of the port: a new one without a case is a type error, and fails below. */
const asks: { readonly [Method in Exclude<keyof ReadCatalog, "within">]: Ask } = {
	acquisitions: async (reader, ids) => [
		await reader.acquisitions(page),
		...(await Promise.all(sides(ids).map(({ source }) => reader.acquisitions({ ...page, filter: { source } })))),
		...(await Promise.all(sides(ids).map(({ job }) => reader.acquisitions({ ...page, filter: { job } })))),
		await reader.acquisitions({ ...page, filter: { key: ids.foreign.key } }),
	],
	takenFiles: async (reader) => [await reader.takenFiles(page)],
	jobs: async (reader, ids) => [
		await reader.jobs(page),
		await reader.jobs({ ...page, filter: { ids: sides(ids).map(({ job }) => job) } }),
		...(await Promise.all(sides(ids).map(({ pipeline }) => reader.jobs({ ...page, filter: { pipeline } })))),
		await reader.jobs({ ...page, filter: { acquisition: ids.foreign.acquisition } }),
		await reader.jobs({ ...page, filter: { result: ids.foreign.result } }),
	],
	results: async (reader, ids) => [
		await reader.results(page),
		await reader.results({ ...page, filter: { ids: sides(ids).map(({ result }) => result) } }),
		await reader.results({ ...page, filter: { job: ids.foreign.job } }),
		await reader.results({ ...page, filter: { acquisition: ids.foreign.acquisition } }),
	],
	measurements: async (reader, ids) => [
		await reader.measurements(page),
		await reader.measurements({ ...page, filter: { result: ids.foreign.result } }),
		await reader.measurements({ ...page, filter: { acquisition: ids.foreign.acquisition } }),
	],
	artifacts: async (reader, ids) => [
		await reader.artifacts(page),
		await reader.artifacts({ ...page, filter: { result: ids.foreign.result } }),
		await reader.artifacts({ ...page, filter: { acquisition: ids.foreign.acquisition } }),
	],
	each: (reader) => Promise.all(lists.map((list) => all(reader.each(list, { filter: {} })))),
	count: (reader) =>
		Promise.all(lists.flatMap((list) => (["exact", "estimated"] as const).map((how) => reader.count(list, {}, how)))),
	acquisition: (reader, ids) => Promise.all(sides(ids).map(({ acquisition }) => reader.acquisition(acquisition))),
	job: (reader, ids) => Promise.all(sides(ids).map(({ job }) => reader.job(job))),
	result: (reader, ids) => Promise.all(sides(ids).map(({ result }) => reader.result(result))),
	acquisitionsOf: (reader, ids) => Promise.all(sides(ids).map(({ source, key }) => reader.acquisitionsOf(source, key))),
	waiting: (reader) => Promise.all(rooms.map((room) => reader.waiting(room, "k"))),
	jobsOf: (reader, ids) => Promise.all(sides(ids).map(({ acquisition }) => reader.jobsOf(acquisition))),
	history: (reader, ids) =>
		Promise.all(
			sides(ids).flatMap((side) => [side.acquisition, side.job, side.result].map((id) => reader.history(id))),
		),
	leasesGiven: async (reader) => [...(await reader.leasesGiven("", 1_000)).entries()],
	countJobs: async (reader) => [await reader.countJobs()],
	countUnfinished: async (reader) => [await reader.countUnfinished()],
	pending: async (reader) => [await reader.pending(), await reader.pending(["elsewhere"])],
};

const rooms = ["ours", "elisa"].flatMap((name) => roomsOf(name)).concat(["FOREIGN", "FOREIGNqc"].flatMap(roomsOf));

function roomsOf(name: string): string[] {
	return [roomOf(name), roomOf(name, 0), roomOf(name, 12), announcedRoom(name), analysisRoom(name)];
}

/** What the history of an acquisition can say. */
const acquisitionLines = [
	...toldOfItself,
	...["linked", "analysed", "not-ready", "changed", "dead", "cancelled", "unwanted", "rejected"],
];

/** Everything of the part that is not shown has FOREIGN in it. */
const marker = /FOREIGN/;

export function describeScope(under: () => CatalogUnderTest): void {
	describe("a reader within a scope", () => {
		async function lab(): Promise<Ids> {
			const { catalog } = under();
			const ours = await side(catalog, acquisition("ours.csv", "o", { source: "ours" }), "elisa");
			const key = "FOREIGN.csv";
			const theirs = acquisition(key, "FOREIGN", {
				source: "FOREIGN",
				captures: { plate: "FOREIGN" },
				members: [member(key, "FOREIGN")],
			});
			const foreign = await side(catalog, theirs, "FOREIGNqc");
			const shared = acquisition("shared.csv", "s", { source: "ours" });
			await side(catalog, shared, "FOREIGNqc", { pool: "FOREIGNpool" });
			const { id: shareds } = (await catalog.acquisitionsOf("ours", "shared.csv"))[0] ?? { id: "" };
			const copy = acquisition("FOREIGNcopy.csv", "o", { source: "FOREIGN" });
			await catalog.commitIntake(intake([arrival(copy, { plans: [plan(copy, { pipeline: "elisa" })] })]));
			for (const [source, pipeline] of [
				["ours", "elisa"],
				["FOREIGN", "FOREIGNqc"],
			]) {
				const waits = acquisition(`${source} waits.csv`, `${source} waits`, { source: source ?? "" });
				await catalog.commitIntake(intake([arrival(waits, { plans: [plan(waits, { pipeline: pipeline ?? "" })] })]));
			}
			for (const room of rooms) {
				const value = { acquisition: room.includes("FOREIGN") ? theirs : shared };
				await catalog.room<object>(room).put({ key: "k", id: room, value, since: 1, dueAt: 2 });
			}
			await catalog.lease(watchLease("ours", "share"), "us", 5_000, 1_000);
			await catalog.lease(watchLease("FOREIGN", "share"), "them", 5_000, 1_000);
			await catalog.lease("FOREIGN", "them", 5_000, 1_000);
			const [{ id: copied } = { id: "" }] = await catalog.acquisitionsOf("FOREIGN", "FOREIGNcopy.csv");
			return {
				own: ours,
				foreign: { ...foreign, key },
				guest: { ...ours, source: "FOREIGN", acquisition: shareds || copied, key: "FOREIGNcopy.csv" },
			};
		}

		async function side(catalog: Catalog, of: Acquisition, pipeline: string, changes = {}): Promise<Side> {
			const foreign = pipeline.includes("FOREIGN");
			const planned = plan(of, { pipeline, ...(foreign ? { params: { FOREIGN: 1 } } : {}), ...changes });
			await catalog.commitIntake(intake([arrival(of, { plans: [planned] })]));
			const job = await claimed(catalog, planned.id, 1_500, foreign ? "FOREIGNworker" : "worker");
			if (foreign && of.key === "shared.csv") {
				const cause = { class: "permanent", code: "R_ERROR", message: "FOREIGN trouble" } as const;
				await catalog.endAttempt(endOf(job, { cause, log: "FOREIGN", worker: "FOREIGN" }));
			} else {
				const sha256 = foreign ? "FOREIGN" : "f".repeat(64);
				const measurements = [{ name: foreign ? "FOREIGN" : "r2", value: 1, unit: "" }];
				const artifacts = [{ name: foreign ? "FOREIGN.png" : "plot.png", mediaType: "image/png", size: 3, sha256 }];
				await catalog.commitResult(commitOf(job, { measurements, artifacts }));
			}
			const { result = "" } = (await catalog.job(planned.id)) ?? {};
			const [{ id = "" } = {}] = await catalog.acquisitionsOf(of.source, of.key);
			return { source: of.source, pipeline, acquisition: id, job: planned.id, result, key: of.key };
		}

		it.each(Object.keys(asks))("gives nothing foreign by %s, and all by a reader of everything", async (method) => {
			const { catalog } = under();
			const ids = await lab();
			const ask = asks[method as keyof typeof asks];
			const foreignIds = [ids.foreign.job, ids.foreign.result, ids.foreign.acquisition];
			const everything = JSON.stringify(await ask(catalog, ids));
			expect(JSON.stringify(await ask(catalog.within("everything"), ids))).toBe(everything);
			const shown = JSON.stringify(await ask(catalog.within(own), ids));
			expect(shown).not.toBe(everything);
			expect(shown).not.toMatch(marker);
			for (const id of foreignIds) expect(shown).not.toContain(id);
			const none = JSON.stringify(await ask(catalog.within({ sources: [], pipelines: [] }), ids));
			expect(none).not.toBe(shown);
			for (const id of [ids.own.job, ids.own.result, ids.own.acquisition]) expect(none).not.toContain(id);
			expect(none).not.toMatch(/ours|elisa|[1-9]/);
		});

		it("has a case above for every method", () => {
			const { catalog } = under();
			const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(catalog.within(own)));
			expect(methods.toSorted()).toEqual(["constructor", "within", ...Object.keys(asks)].toSorted());
		});

		it("shows what belongs to its sources and its pipelines, and counts it", async () => {
			const { catalog } = under();
			await lab();
			const reader = catalog.within(own);
			const keys = (await reader.acquisitions(page)).items.map(({ key }) => key);
			expect(keys.toSorted()).toEqual(["ours waits.csv", "ours.csv", "shared.csv"]);
			expect((await reader.jobs(page)).items.map(({ pipeline }) => pipeline)).toEqual(["elisa", "elisa"]);
			expect((await reader.takenFiles(page)).items.map(({ path, state }) => `${path} ${state}`).toSorted()).toEqual([
				"ours waits.csv settled",
				"ours.csv analysed",
				"shared.csv settled",
			]);
			expect(await reader.countJobs()).toMatchObject({ completed: 1, queued: 1, dead: 0 });
			expect(await catalog.countJobs()).toMatchObject({ completed: 2, queued: 2, dead: 1 });
			expect([...(await reader.leasesGiven("watch/", 1_000)).keys()]).toEqual([watchLease("ours", "share")]);
			expect((await reader.waiting("ours", "k")).length + (await reader.waiting("elisa.12", "k")).length).toBe(2);
			expect((await reader.waiting("ours.0", "k")).length).toBe(0);
		});

		it("within another one sees what both show", async () => {
			const { catalog } = under();
			const { own: ours } = await lab();
			const wide = { sources: ["ours", "FOREIGN"], pipelines: ["elisa", "FOREIGNqc"] };
			for (const reader of [catalog.within(own).within(wide), catalog.within(wide).within(own)]) {
				expect((await reader.results(page)).items.map(({ job }) => job)).toEqual([ours.job]);
				expect(await reader.within({ sources: ["FOREIGN"], pipelines: [] }).acquisitions(page)).toEqual({ items: [] });
			}
		});

		it("tells by no list of what a foreign acquisition is a copy", async () => {
			const { catalog } = under();
			const ids = await lab();
			const [{ id: copy } = { id: "" }] = await catalog.acquisitionsOf("FOREIGN", "FOREIGNcopy.csv");
			for (const list of ["jobs", "results", "measurements", "artifacts"] as const) {
				const of = async (reader: ReadCatalog, acquisition: string) =>
					(await reader[list]({ ...page, filter: { acquisition } })).items.length;
				expect(await of(catalog, copy), list).toBe(1);
				expect(await of(catalog.within(own), copy), list).toBe(0);
				expect(await of(catalog.within(own), ids.own.acquisition), list).toBe(1);
			}
		});

		it("tells who follows what happens the same lines as who reads the history", async () => {
			const { catalog, location } = under();
			const ids = await lab();
			const db = new Kysely<Schema>({ dialect: dialectFor(location) });
			const lines = acquisitionLines.map((what, i) => ({
				...{ seq: 8e15 + i, at: 1, what },
				...{ entity: ids.guest.acquisition, detail: "FOREIGNqc: by somebody" },
			}));
			await db.insertInto("history").values(lines).execute();
			await db.destroy();
			const events = await labEvents(await catalog.history(ids.guest.acquisition), catalog);
			expect(new Set(events.map(({ kind }) => kind)).size).toBe(
				eventKinds.filter((kind) => kind.startsWith("acquisition.")).length,
			);
			const followed = events.filter((event) => seesEvent(own, event)).map(({ seq }) => seq);
			const read = (await catalog.within(own).history(ids.guest.acquisition)).map(({ seq }) => seq);
			expect(followed).toEqual(read);
		});

		it("tells of an acquisition what happened to itself, and what its own jobs did if it has no others", async () => {
			const { catalog } = under();
			const ids = await lab();
			const told = async (entity: string) => (await catalog.within(own).history(entity)).map(({ what }) => what);
			expect(await told(ids.own.acquisition)).toEqual(["acquired", "analysed"]);
			expect(await told(ids.guest.acquisition)).toEqual(["acquired"]);
			expect(await told(ids.own.job)).not.toContain("linked");
			expect((await catalog.history(ids.own.job)).map(({ what }) => what)).toContain("linked");
		});

		it("tells of a refused group those lines that name a pipeline of its own", async () => {
			const { catalog } = under();
			const of = acquisition("waits.csv", "w", { source: "ours" });
			const waits = arrival(of, { plans: [], waits: true });
			await catalog.commitIntake(intake([waits]));
			for (const pipeline of ["elisa", "FOREIGNqc"]) {
				await catalog.reject({ events: [waits.event.id], reason: "incomplete", pipeline, now: 2_000 });
			}
			const [{ id = "" } = {}] = await catalog.acquisitionsOf("ours", "waits.csv");
			const told = (await catalog.within(own).history(id)).map(({ detail }) => detail);
			expect(told.slice(1)).toEqual(["elisa: incomplete"]);
		});
	});
}
