import { Kysely, sql } from "kysely";
import { describe, expect, it } from "vitest";
import type { AuditEntry, AuditFlaw, AuditHead, AuditLog, AuditRequest, AuditRow } from "#core/ports/audit-log.ts";
import { dialectFor, openCatalogAt } from "#test/support/open-catalog.ts";
import type { CatalogUnderTest } from "../catalog.ts";
import { outputOf } from "./processes.ts";

const entry = (n: number): AuditEntry => ({ actor: "user:anna", action: "job.replayed", target: `job:${n}` });

async function append(audit: AuditLog, count: number): Promise<void> {
	for (let n = 1; n <= count; n++) await audit.append(entry(n), 1_000 + n);
}

async function flaws(audit: AuditLog, anchor?: AuditHead): Promise<readonly AuditFlaw[]> {
	const found: AuditFlaw[] = [];
	for await (const flaw of audit.verify(anchor)) found.push(flaw);
	return found;
}

async function all(audit: AuditLog, request: Pick<AuditRequest, "filter" | "order">, limit = 3) {
	const rows: AuditRow[] = [];
	let cursor: string | undefined;
	do {
		const page = await audit.page({ ...request, limit, ...(cursor !== undefined && { cursor }) });
		rows.push(...page.items);
		cursor = page.next;
	} while (cursor !== undefined);
	return rows;
}

/** Who did what is written for ever, and whoever changes it is found out. */
export function describeAudit(under: () => CatalogUnderTest): void {
	describe("the audit log", () => {
		it("gives back what was written, whatever characters it has", async () => {
			const { audit } = under().catalog;
			const odd: AuditEntry = {
				actor: "cli:änna\u0000@host",
				action: "file.released",
				target: "file:plates/a\ud800b\n.csv",
				why: "the reader was cleaned",
				detail: { before: "quarantined", path: "a\ud800\u0000" },
				request: "req-1",
			};
			await audit.append(entry(1), 5);
			await audit.append(odd, 6);
			const { items } = await audit.page({ limit: 10, filter: {} });
			expect(items).toEqual([
				{ ...odd, seq: 2, at: 6, hash: items[0]?.hash },
				{ ...entry(1), seq: 1, at: 5, hash: items[1]?.hash },
			]);
			expect(await flaws(audit)).toEqual([]);
			expect(await audit.head()).toEqual({ seq: 2, hash: items[0]?.hash });
		});

		it("is read in pages, newest first or oldest first, all or by who, what, to what and when", async () => {
			const { audit } = under().catalog;
			await append(audit, 10);
			await audit.append({ actor: "cli:bert@host", action: "user.added", target: "user:carla" }, 2_000);
			const seqs = async (request: Pick<AuditRequest, "filter" | "order">) =>
				(await all(audit, request)).map(({ seq }) => seq);
			expect(await seqs({ filter: {} })).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
			expect(await seqs({ filter: {}, order: "asc" })).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
			expect(await seqs({ filter: { actor: "cli:bert@host" } })).toEqual([11]);
			expect(await seqs({ filter: { action: "user.added" } })).toEqual([11]);
			expect(await seqs({ filter: { target: "job:4" } })).toEqual([4]);
			expect(await seqs({ filter: { since: 1_003, until: 1_006 } })).toEqual([5, 4, 3]);
			const elsewhere = audit.page({ limit: 1, filter: {}, cursor: "x' or 1=1" });
			await expect(elsewhere).rejects.toMatchObject({ code: "CURSOR_INVALID" });
		});

		it("has one chain, however many processes write it", async () => {
			const { catalog, location } = under();
			const children = [1, 2, 3].map(() => outputOf("audit", location));
			await append(catalog.audit, 30);
			await Promise.all(children);
			expect(await flaws(catalog.audit)).toEqual([]);
			expect((await catalog.audit.head())?.seq).toBe(120);
		}, 60_000);

		it.each([
			"update audit set actor = 'nobody' where seq = 2",
			"delete from audit where seq = 2",
			"delete from audit",
		])("refuses: %s", async (statement) => {
			const { location } = under();
			await withEntries(location, 3);
			await expect(run(location, statement)).rejects.toMatchObject({ code: "DATABASE_CONSTRAINT" });
			expect(await flawsAt(location)).toEqual([]);
		});

		it.each([
			["an entry was changed", ["update audit set why = 'because' where seq = 3"], ["3 changed"]],
			["an entry was dated back", ["update audit set at = 1 where seq = 3"], ["3 changed"]],
			["an entry is missing", ["delete from audit where seq = 3"], ["3 missing"]],
			["the first entries are missing", ["delete from audit where seq < 3"], ["1 missing"]],
			[
				"an entry was removed, and those behind it moved up",
				["delete from audit where seq = 5", "update audit set seq = 5 where seq = 6"],
				["5 changed"],
			],
			[
				"an entry was put before the first",
				[
					"insert into audit select 0, at, 'x', action, target, why, detail, request, '', hash from audit where seq = 1",
				],
				["0 inserted"],
			],
		] as const)("finds out that %s", async (_, statements, found) => {
			const location = await under().fresh();
			await withEntries(location, 6);
			await run(location, ...unguarded(location), ...statements);
			expect((await flawsAt(location)).map(({ seq, kind }) => `${seq} ${kind}`)).toEqual(found);
		});

		it("finds out that an entry was written anew with a hash that fits it", async () => {
			const location = await under().fresh();
			await withEntries(location, 6);
			const { audit } = under().catalog;
			await append(audit, 2);
			await audit.append({ ...entry(3), actor: "user:somebody else" }, 1_003);
			const forged = await audit.head();
			const statement = `update audit set actor = 'user:somebody else', hash = '${forged?.hash}' where seq = 3`;
			await run(location, ...unguarded(location), statement);
			expect((await flawsAt(location)).map(({ seq, kind }) => `${seq} ${kind}`)).toEqual(["3 replaced"]);
		});

		it("finds out by a head that was kept that the end was cut off, or that all was written anew", async () => {
			const location = await under().fresh();
			const kept = await withEntries(location, 6);
			expect(await flawsAt(location, kept)).toEqual([]);
			await run(location, ...unguarded(location), "delete from audit where seq > 4");
			expect(await flawsAt(location)).toEqual([]);
			expect(await flawsAt(location, kept)).toEqual([
				{ seq: 5, kind: "missing", detail: "entries 5 to 6 are not there" },
			]);
			const { audit } = under().catalog;
			for (let n = 1; n <= 7; n++) await audit.append(entry(n + 1), 1_000 + n);
			expect(await flaws(audit)).toEqual([]);
			expect((await flaws(audit, kept)).map(({ seq, kind }) => `${seq} ${kind}`)).toEqual(["6 replaced"]);
		});

		it("is read whole to be verified, however long it is", async () => {
			const { audit } = under().catalog;
			await Promise.all(Array.from({ length: 1_001 }, (_, n) => audit.append(entry(n), n)));
			expect(await flaws(audit, await audit.head())).toEqual([]);
			expect((await audit.head())?.seq).toBe(1_001);
		});
	});
}

async function withAudit<T>(location: string, work: (audit: AuditLog) => Promise<T>): Promise<T> {
	const catalog = await openCatalogAt(location);
	try {
		return await work(catalog.audit);
	} finally {
		await catalog.close();
	}
}

function withEntries(location: string, count: number): Promise<AuditHead | undefined> {
	return withAudit(location, async (audit) => {
		await append(audit, count);
		return await audit.head();
	});
}

function flawsAt(location: string, anchor?: AuditHead): Promise<readonly AuditFlaw[]> {
	return withAudit(location, (audit) => flaws(audit, anchor));
}

/** What somebody does who has the database itself. */
async function run(location: string, ...statements: readonly string[]): Promise<void> {
	const db = new Kysely<unknown>({ dialect: dialectFor(location) });
	try {
		for (const statement of statements) await sql.raw(statement).execute(db);
	} finally {
		await db.destroy();
	}
}

function unguarded(location: string): readonly string[] {
	if (location.startsWith("postgres:")) return ["alter table audit disable trigger all"];
	return ["updated", "deleted", "replaced"].map((what) => `drop trigger audit_not_${what}`);
}
