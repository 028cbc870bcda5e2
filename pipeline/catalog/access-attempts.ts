import type { Kysely } from "kysely";
import type { Attempts } from "#core/ports/access-store.ts";
import { appendAudit } from "./audit.ts";
import { nameHash } from "./name-column.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** Of what nobody asked for again for so long, nothing counts any more, whatever its limits are. */
const forgottenMs = 86_400_000;

/** A time of its own for each that tries: it begins with the first attempt, and when it is over all may be made again. */
export async function attempt(turn: Turn, subjects: Readonly<Record<string, Attempts>>): Promise<number> {
	const { db, now } = turn;
	await db
		.deleteFrom("login_attempts")
		.where("since", "<", now - forgottenMs)
		.execute();
	let waitMs = 0;
	for (const [subject, { most, withinMs }] of Object.entries(subjects)) {
		const hash = nameHash(subject);
		const known = await db.selectFrom("login_attempts").selectAll().where("subject", "=", hash).executeTakeFirst();
		// A clock that was stepped back makes nobody wait for longer than the time itself.
		const counts = known !== undefined && known.since <= now && known.since > now - withinMs;
		const { attempts, since } = counts ? known : { attempts: 0, since: now };
		if (attempts >= most) {
			waitMs = Math.max(waitMs, since + withinMs - now);
			continue;
		}
		const row = { subject: hash, attempts: attempts + 1, since };
		await db
			.insertInto("login_attempts")
			.values(row)
			.onConflict((conflict) => conflict.column("subject").doUpdateSet(row))
			.execute();
		if (row.attempts === most)
			await appendAudit(turn, { actor: "anonymous", action: "login.limited", target: subject });
	}
	return waitMs;
}

export async function succeeded(db: Kysely<Schema>, subject: string): Promise<void> {
	await db.deleteFrom("login_attempts").where("subject", "=", nameHash(subject)).execute();
}
