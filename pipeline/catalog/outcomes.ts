import type { Kysely } from "kysely";
import type { AcquisitionOutcome } from "#core/ports/catalog.ts";
import { asAcquisition, membersOf } from "./acquisition-rows.ts";
import type { Schema } from "./schema.ts";

export async function outcomes(db: Kysely<Schema>, after: number, max: number): Promise<readonly AcquisitionOutcome[]> {
	const rows = await db
		.selectFrom("outcomes")
		.innerJoin("acquisitions", "acquisitions.id", "outcomes.acquisition")
		.selectAll("acquisitions")
		.select(["outcomes.seq", "outcomes.at", "outcomes.kind as outcome", "outcomes.detail", "outcomes.again_at"])
		.where("outcomes.seq", ">", after)
		.orderBy("outcomes.seq")
		.limit(max)
		.execute();
	const members = await membersOf(
		db,
		rows.map(({ id }) => id),
	);
	return rows.map((row) => ({
		seq: row.seq,
		at: row.at,
		acquisition: { ...asAcquisition(row, members.get(row.id) ?? []), id: row.id },
		kind: row.outcome as AcquisitionOutcome["kind"],
		detail: row.detail,
		againAt: row.again_at ?? undefined,
	}));
}

export async function lastOutcome(db: Kysely<Schema>): Promise<number> {
	const row = await db.selectFrom("outcomes").select("seq").orderBy("seq", "desc").limit(1).executeTakeFirst();
	return row?.seq ?? 0;
}
