import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import type { Page, PageRequest, TakenFileRow } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import { type FilesContext, pageOfFiles } from "#domain/file-pages.ts";

let directory: string;
let ledger: SqliteLedger;

beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "watchrabbit-files-"));
	ledger = new SqliteLedger(join(directory, "ledger.db"));
	const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
	for (const source of ["plates", "scans"]) {
		const paths = ["a", "b", "c"].map((name) => `${source}-${name}.csv`);
		ledger.observe(
			source,
			paths.map((path) => ({ kind: "changed", path, stat, folder: undefined, at: 1, wakeAt: 2 })),
		);
		ledger.observe(source, [{ kind: "ignored", path: `${source}.tmp`, stat, at: 1, reason: "exclude" }]);
	}
});

afterEach(() => {
	ledger.close();
	rmSync(directory, { recursive: true });
});

/** The catalog knows files of a source that is watched elsewhere, and of one that is watched here as well. */
function context(scope: Scope = "everything"): FilesContext {
	const catalog = { takenFiles, leasesGiven: async () => new Map() };
	return { ledger, catalog, sources: ["plates", "scans", "far", "new"], scope, now: 0 };
}

async function takenFiles({ limit, cursor, order, filter }: PageRequest): Promise<Page<TakenFileRow>> {
	const rows = ["far-1", "plates-a.csv", "far-2", "far-3", "plates-b.csv"].map((path, n): TakenFileRow => {
		const source = path.split("-")[0] as string;
		const file = { kind: "file", state: "settled", size: 1, sha256: "", takenAt: n, acquiredAt: n } as const;
		return { id: `a${n}.0`, source, path, ...file };
	});
	const asked = rows.filter(
		({ source, state }) =>
			source === (filter.source ?? source) && (filter.state === undefined || filter.state.includes(state)),
	);
	const ordered = order === "asc" ? asked : asked.toReversed();
	const from = Number(cursor ?? 0);
	const items = ordered.slice(from, from + limit);
	return from + limit < ordered.length ? { items, next: String(from + limit) } : { items };
}

async function walk(request: Omit<PageRequest, "limit" | "cursor">): Promise<string[]> {
	const paths: string[] = [];
	let cursor: string | undefined;
	do {
		const page = await pageOfFiles(context(), { ...request, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
		paths.push(...page.items.map(({ path }) => path));
		cursor = page.next;
	} while (cursor !== undefined);
	return paths;
}

test("pages of files hold every file once, over all sources, newest or oldest first, those watched elsewhere last", async () => {
	const oldest = await walk({ order: "asc", filter: {} });
	expect(oldest).toHaveLength(11);
	expect(new Set(oldest).size).toBe(11);
	expect(oldest.slice(8)).toEqual(["far-1", "far-2", "far-3"]);
	const newest = await walk({ filter: {} });
	expect(newest.slice(0, 8)).toEqual(oldest.slice(0, 8).toReversed());
	expect(newest.slice(8)).toEqual(["far-3", "far-2", "far-1"]);
});

test("files are filtered by source and by state, and say who tells of them", async () => {
	expect(await walk({ order: "asc", filter: { source: "scans", state: ["seen"] } })).toEqual([
		"scans-a.csv",
		"scans-b.csv",
		"scans-c.csv",
	]);
	expect(await walk({ order: "asc", filter: { state: ["ignored"] } })).toEqual(["plates.tmp", "scans.tmp"]);
	expect(await walk({ filter: { source: "unheard" } })).toEqual([]);
	expect(await walk({ filter: { source: "far", state: ["analysed"] } })).toEqual([]);
	expect(await walk({ filter: { source: "plates" } })).toHaveLength(4);
	const told = await pageOfFiles(context(), { limit: 1, filter: { source: "far" } });
	expect(told.items).toMatchObject([{ path: "far-3", toldBy: "catalog", state: "settled" }]);
	const here = await pageOfFiles(context(), { limit: 1, filter: { source: "scans" } });
	expect(here.items).toMatchObject([{ path: "scans.tmp", toldBy: "ledger", state: "ignored" }]);
});

test("a cursor that no page gave is refused", async () => {
	const refused = pageOfFiles(context(), { limit: 2, cursor: "x", filter: {} });
	await expect(refused).rejects.toMatchObject({ code: "CURSOR_INVALID" });
});

test("files of a source that is not seen are not given, neither the ledger's nor the catalog's", async () => {
	const seen = { sources: ["scans", "far"], pipelines: [] };
	const all = await pageOfFiles(context(seen), { limit: 100, filter: {} });
	const more = await pageOfFiles(context(seen), { limit: 100, cursor: all.next ?? "", filter: {} });
	const sources = [...all.items, ...more.items].map(({ source }) => source);
	expect(new Set(sources)).toEqual(new Set(["scans", "far"]));
	const foreign = await pageOfFiles(context(seen), { limit: 100, filter: { source: "plates" } });
	expect(foreign).toEqual({ items: [] });
});
