import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCatalogStore } from "#catalog/store.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import type { CatalogStore } from "#core/ports/catalog-store.ts";
import { acquisition, arrival, claimed, complete, endOf, intake, plan } from "#test/support/acquisitions.ts";
import { dialectFor, openCatalogAt } from "#test/support/open-catalog.ts";
import { expectCounted } from "./catalog/counts.ts";

/** Two databases of one test, in which nobody has been. */
export interface Databases {
	readonly from: string;
	readonly to: string;
	remove(): Promise<void>;
}

/** What moving a catalog from one kind of database to another must do. */
export function describeCatalogStore(name: string, create: () => Promise<Databases>): void {
	describe(`moving a catalog from ${name}`, () => {
		let databases: Databases;
		beforeEach(async () => {
			databases = await create();
		});
		afterEach(() => databases.remove());

		async function withStore<T>(location: string, work: (store: CatalogStore) => Promise<T>): Promise<T> {
			const store = openCatalogStore(dialectFor(location));
			try {
				return await work(store);
			} finally {
				await store.close();
			}
		}

		async function withCatalog<T>(location: string, work: (catalog: Catalog) => Promise<T>): Promise<T> {
			const catalog = await openCatalogAt(location);
			try {
				return await work(catalog);
			} finally {
				await catalog.close();
			}
		}

		const names = ["a", "é", "ä/ö", "Z", "\u2028 \u2029", "\0", "\ud800", "😀", "ﬀ"];
		const plates = Array.from({ length: 520 }, (_, i) => acquisition(`${names[i % names.length]}${i}`, `C${i}`));

		/** Something in every table, and more rows than are read at once. */
		async function fill(catalog: Catalog): Promise<void> {
			await catalog.commitIntake(
				intake(
					plates.map((plate) => arrival(plate, { note: "new\nline" })),
					{ offset: 520 },
				),
			);
			for (const plate of plates.slice(0, 5)) await complete(catalog, plan(plate).id);
			const lost = await claimed(catalog, plan(plates[6] as (typeof plates)[0]).id);
			await catalog.endAttempt(endOf(lost, { outcome: "failed", againAt: 9_000, log: "the log \u2028 of R" }));
			const room = catalog.room<string>("r");
			const members = ["i", "j", "k"].map((id) => ({ key: "ké", id, value: "\u2028\ud800", since: 1, dueAt: 2 }));
			for (const member of members) await room.put(member);
			await room.depart("ké", members.slice(0, 1));
			await room.pass("ké", members.slice(1, 2));
			await catalog.lease("flow", "host", 1_000, 7_000);
			const target = { type: "file", name: "plates", path: "k\u00e9\udcc3" } as const;
			await catalog.operations.request({ kind: "quarantine", target, by: "user:é", why: "\u2028" }, 7_000);
			await catalog.audit.append({ actor: "user:é", action: "job.replayed", target: "job:\u2028" }, 7_000);
			const by = { actor: "cli:é@host", now: 7_000 };
			const { id } = await catalog.access.addUser({ name: "é", role: "viewer", projects: ["p"], password: "$x" }, by);
			await catalog.access.beginSession({ id: "s", user: id, expiresAt: 9_000, refresh: "r", address: "::1" }, by);
			const key = { id: "wr_a", name: "k", hash: "h", permissions: undefined, expiresAt: undefined };
			await catalog.access.addKey({ ...key, role: "service", projects: "all" }, by);
			await catalog.access.addSigningKey({ kid: "k", publicKey: "{}", privateKey: "{}", createdAt: 7_000 }, 0, 0);
			const limits = { withinMs: 1_000, accountFromNetwork: 5, account: 5, network: 5 };
			await catalog.access.attempt({ account: "é", network: "::/64" }, limits, 7_000);
		}

		async function exported(location = databases.from): Promise<string[]> {
			return await withStore(location, async (store) => {
				let text = "";
				for await (const lines of store.export()) text += lines;
				return text.trimEnd().split("\n");
			});
		}

		async function* each(lines: readonly string[]) {
			yield* lines;
		}

		/** What import answers, on a database that is up to date. */
		function imported(lines: readonly string[]) {
			return withStore(databases.to, async (store) => {
				await store.migrate();
				return await store.import(each(lines));
			});
		}

		it("takes every row of every table, and the same export comes back", async () => {
			await withCatalog(databases.from, fill);
			const lines = await exported();
			const tables = await imported(lines);
			expect(tables.find(({ table }) => table === "acquisitions")?.count).toBe(520);
			// What was told beside the turns is taken by the next one.
			expect(tables.filter(({ count }) => count === 0).map(({ table }) => table)).toEqual(["asides"]);
			expect(await exported(databases.to)).toEqual(lines);
		});

		it("goes on with the work where it was", async () => {
			const before = await withCatalog(databases.from, async (catalog) => {
				await fill(catalog);
				return { counts: await catalog.countJobs(), offset: await catalog.offset("files") };
			});
			await imported(await exported());
			await withCatalog(databases.to, async (catalog) => {
				expect({ counts: await expectCounted(catalog), offset: await catalog.offset("files") }).toEqual(before);
				const [waiting] = plates.slice(10);
				expect(await complete(catalog, plan(waiting as (typeof plates)[0]).id)).toBeDefined();
				const { jobsCreated } = await catalog.commitIntake(intake(plates.slice(20, 25).map((plate) => arrival(plate))));
				expect(jobsCreated).toBe(0);
			});
		});

		it("refuses a catalog that is not empty, and leaves it as it is", async () => {
			await withCatalog(databases.from, fill);
			await withCatalog(databases.to, (catalog) => catalog.commitIntake(intake([arrival(acquisition("other", "X"))])));
			const before = await exported(databases.to);
			await expect(imported(await exported())).rejects.toMatchObject({ code: "CATALOG_NOT_EMPTY", class: "permanent" });
			expect(await exported(databases.to)).toEqual(before);
		});

		const damages: readonly (readonly [string, (lines: string[]) => string[]])[] = [
			["was cut off", (lines) => lines.slice(0, -1)],
			["was cut off in the middle", (lines) => lines.slice(0, 300)],
			["lost its beginning", (lines) => lines.slice(1)],
			["lost a row", (lines) => lines.toSpliced(500, 1)],
			["has a row twice", (lines) => lines.toSpliced(500, 0, lines[500] as string)],
			["has a row that was changed", (lines) => lines.with(600, (lines[600] as string).replace("a", "b"))],
			["lost a table", (lines) => lines.filter((line) => !line.includes('"table":"jobs"'))],
			["is no JSON", (lines) => lines.with(600, "{")],
			["goes on behind its end", (lines) => [...lines, ...lines]],
		];

		it("refuses an export that is damaged in any way, and leaves the catalog empty", async () => {
			await withCatalog(databases.from, fill);
			const lines = await exported();
			for (const [how, change] of damages) {
				const refusal = { code: "IMPORT_DAMAGED", class: "permanent" };
				await expect(imported(change(lines)), how).rejects.toMatchObject(refusal);
			}
			await imported(lines);
		});

		it("refuses an export of another version", async () => {
			await withCatalog(databases.from, async () => {});
			const [first = "", ...lines] = await exported();
			const other = first.replace(/"migration":"[^"]*"/, '"migration":"9999-later"');
			await expect(imported([other, ...lines])).rejects.toMatchObject({ code: "IMPORT_OTHER_VERSION" });
		});

		it("says which migrations are missing, applies them once, and needs them", async () => {
			await withStore(databases.from, async (store) => {
				const known = await store.migrations();
				expect(known.length).toBeGreaterThan(1);
				expect(known.every(({ applied }) => !applied)).toBe(true);
				await expect(store.import(each([]))).rejects.toMatchObject({ code: "CATALOG_NOT_MIGRATED" });
				expect(await store.migrate()).toEqual(known.map(({ name }) => name));
				expect(await store.migrate()).toEqual([]);
				expect((await store.migrations()).every(({ applied }) => applied)).toBe(true);
			});
		});
	});
}
