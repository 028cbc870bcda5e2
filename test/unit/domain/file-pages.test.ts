import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import type { PageRequest } from "#core/ports/catalog-rows.ts";
import { pageOfFiles } from "#domain/file-pages.ts";

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

function walk(request: Omit<PageRequest, "limit" | "cursor">): string[] {
	const paths: string[] = [];
	let cursor: string | undefined;
	do {
		const page = pageOfFiles(ledger, { ...request, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
		paths.push(...page.items.map(({ path }) => path));
		cursor = page.next;
	} while (cursor !== undefined);
	return paths;
}

test("pages of files hold every file once, over all sources, newest or oldest first", () => {
	const oldest = walk({ order: "asc", filter: {} });
	expect(oldest).toHaveLength(8);
	expect(new Set(oldest).size).toBe(8);
	expect(walk({ filter: {} })).toEqual(oldest.toReversed());
});

test("files are filtered by source and by state", () => {
	expect(walk({ order: "asc", filter: { source: "scans", state: ["seen"] } })).toEqual([
		"scans-a.csv",
		"scans-b.csv",
		"scans-c.csv",
	]);
	expect(walk({ order: "asc", filter: { state: ["ignored"] } })).toEqual(["plates.tmp", "scans.tmp"]);
	expect(walk({ filter: { source: "unheard" } })).toEqual([]);
});

test("a cursor that no page gave is refused", () => {
	expect(() => pageOfFiles(ledger, { limit: 2, cursor: "x", filter: {} })).toThrow(
		expect.objectContaining({ code: "CURSOR_INVALID" }),
	);
});
