import type { Kysely } from "kysely";
import type { Stray } from "#core/ports/catalog.ts";
import { chunks } from "./insert-rows.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

export function strays(db: Kysely<Schema>, max: number): Promise<readonly Stray[]> {
	return db.selectFrom("strays").selectAll().orderBy("seq").limit(max).execute();
}

export async function straysRemoved(db: Kysely<Schema>, removed: readonly Stray[]): Promise<void> {
	for (const chunk of chunks(removed, 500)) {
		await db
			.deleteFrom("strays")
			.where(
				"seq",
				"in",
				chunk.map(({ seq }) => seq),
			)
			.execute();
	}
}

/** Who was fenced out may have stored something since its attempt was given up. A result that is there is nobody's stray. */
export async function strandFencedOut(turn: Turn, job: string, token: number): Promise<void> {
	const attempt = await turn.db
		.selectFrom("attempts")
		.select("outcome")
		.where("job", "=", job)
		.where("token", "=", token)
		.executeTakeFirst();
	if (attempt?.outcome !== "completed") turn.strand(job, token);
}
