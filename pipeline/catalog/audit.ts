import type { Kysely } from "kysely";
import { permanent } from "#core/errors.ts";
import type { AuditEntry, AuditFlaw, AuditHead, AuditLog, AuditRequest, AuditRow } from "#core/ports/audit-log.ts";
import type { Page } from "#core/ports/catalog-rows.ts";
import { canonicalJson } from "#domain/canonical-json.ts";
import type { AuditTable } from "./access-schema.ts";
import { beginning, Chain, hashOf } from "./audit-chain.ts";
import { nameFromColumn, nameToColumn, proseToColumn } from "./name-column.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";
import type { Turns } from "./turns.ts";

/**
 * For who changes what the entry tells of, in the same turn. Turns come one after the other, on every database and for all
 * its processes, so that no two entries follow the same one.
 */
export async function appendAudit(turn: Turn, entry: AuditEntry): Promise<void> {
	const { seq, hash } = (await head(turn.db)) ?? beginning;
	const { actor, action, target, why, detail, request } = entry;
	const row = {
		seq: seq + 1,
		at: turn.now,
		actor: nameToColumn(actor),
		action: nameToColumn(action),
		target: nameToColumn(target),
		why: why === undefined ? null : proseToColumn(why),
		detail: detail === undefined ? null : canonicalJson(detail),
		request: request === undefined ? null : nameToColumn(request),
		previous: hash,
		hash: "",
	};
	await turn.db
		.insertInto("audit")
		.values({ ...row, hash: hashOf(row) })
		.execute();
}

async function head(db: Kysely<Schema>): Promise<AuditHead | undefined> {
	return await db.selectFrom("audit").select(["seq", "hash"]).orderBy("seq", "desc").limit(1).executeTakeFirst();
}

const rowsAtOnce = 500;

/** In the catalog's database. */
export class CatalogAudit implements AuditLog {
	readonly #db: Kysely<Schema>;
	readonly #turns: Turns;

	constructor(db: Kysely<Schema>, turns: Turns) {
		this.#db = db;
		this.#turns = turns;
	}

	append(entry: AuditEntry, now: number): Promise<void> {
		return this.#turns.take(now, (turn) => appendAudit(turn, entry));
	}

	head(): Promise<AuditHead | undefined> {
		return head(this.#db);
	}

	async page({ limit, cursor, order = "desc", filter }: AuditRequest): Promise<Page<AuditRow>> {
		const { actor, action, target, since, until } = filter;
		let query = this.#db.selectFrom("audit").selectAll();
		for (const [column, value] of Object.entries({ actor, action, target })) {
			if (value !== undefined) query = query.where(column as "actor", "=", nameToColumn(value));
		}
		if (since !== undefined) query = query.where("at", ">=", since);
		if (until !== undefined) query = query.where("at", "<", until);
		if (cursor !== undefined) query = query.where("seq", order === "asc" ? ">" : "<", seqOf(cursor));
		const found = await query
			.orderBy("seq", order)
			.limit(limit + 1)
			.execute();
		const items = found.slice(0, limit).map(asAuditRow);
		const last = items.at(-1);
		return found.length <= limit || last === undefined ? { items } : { items, next: String(last.seq) };
	}

	async *verify(anchor?: AuditHead): AsyncGenerator<AuditFlaw> {
		const chain = new Chain(anchor);
		let after: number | undefined;
		while (true) {
			const query = this.#db.selectFrom("audit").selectAll().orderBy("seq").limit(rowsAtOnce);
			const rows = await (after === undefined ? query : query.where("seq", ">", after)).execute();
			for (const row of rows) yield* chain.follow(row);
			after = rows.at(-1)?.seq;
			if (after === undefined || rows.length < rowsAtOnce) break;
		}
		yield* chain.end();
	}
}

function seqOf(cursor: string): number {
	if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
	throw permanent("CURSOR_INVALID", `"${cursor.slice(0, 200)}" is not a cursor of the audit log`, {
		fix: "Pass the `next` of the page before, with the same order, or none to begin.",
	});
}

function asAuditRow({ seq, at, actor, action, target, why, detail, request, hash }: AuditTable): AuditRow {
	return {
		seq,
		at,
		actor: nameFromColumn(actor),
		action: nameFromColumn(action),
		target: nameFromColumn(target),
		...(why !== null && { why }),
		...(detail !== null && { detail: JSON.parse(detail) }),
		...(request !== null && { request: nameFromColumn(request) }),
		hash,
	};
}
