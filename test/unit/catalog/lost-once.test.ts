import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openCatalog } from "#catalog/catalog.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import { claimed, endOf, queued } from "#test/support/acquisitions.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

let directory: ReturnType<typeof temporaryDirectory>;
let catalog: Catalog;
beforeEach(async () => {
	directory = temporaryDirectory();
	catalog = await openCatalog(new NodeSqliteDialect(join(directory.path, "catalog.db")));
});
afterEach(async () => {
	await catalog.close();
	directory.remove();
});

function alter(statement: string): void {
	const database = new DatabaseSync(join(directory.path, "catalog.db"));
	database.exec(statement);
	database.close();
}

const now = 100_000;

it("what was reaped before its call failed is told by the next one, once", async () => {
	const [lost = "", ahead = ""] = await queued(catalog, "a", "b");
	await claimed(catalog, lost, 1_000);
	const tomorrow = now + 86_400_000;
	const waits = { outcome: "not-ready", now: tomorrow, againAt: tomorrow } as const;
	await catalog.endAttempt(endOf(await claimed(catalog, ahead, tomorrow), waits));
	alter(`create trigger refuse before update on jobs when new.id = '${ahead}' begin select raise(abort, 'no'); end`);
	await expect(catalog.wake(now)).rejects.toThrow("no");
	expect((await catalog.job(lost))?.state).toBe("queued");
	alter("drop trigger refuse");
	expect(await catalog.wake(now)).toMatchObject({ reaped: [{ job: lost }] });
	expect(await catalog.wake(now)).toMatchObject({ reaped: [] });
});

it("what could not be written is not told", async () => {
	const [lost = ""] = await queued(catalog, "a");
	await claimed(catalog, lost, 1_000);
	alter("create trigger refuse before update on jobs begin select raise(abort, 'no'); end");
	await expect(catalog.wake(now)).rejects.toThrow("no");
	alter("drop trigger refuse");
	expect(await catalog.wake(now)).toMatchObject({ reaped: [{ job: lost }] });
});
