import type { Kysely, Selectable } from "kysely";
import type { Doer, Grant, UserRow } from "#core/ports/access-store.ts";
import { type AccessRole, isUserName, nameKey } from "#domain/access.ts";
import type { UsersTable } from "./access-schema.ts";
import { appendAudit } from "./audit.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

export function grantColumns({ role, projects }: Grant) {
	return { role, projects: projects === "all" ? null : JSON.stringify(projects) };
}

export function asGrant({ role, projects }: { role: string; projects: string | null }): Grant {
	return { role: role as AccessRole, projects: projects === null ? "all" : JSON.parse(projects) };
}

export function asUser(row: Selectable<UsersTable>): UserRow {
	return {
		id: row.id,
		name: row.name,
		...asGrant(row),
		password: row.password ?? undefined,
		subject: row.subject ?? undefined,
		createdAt: row.created_at,
		disabledAt: row.disabled_at ?? undefined,
	};
}

/** Not every database can be asked for what no name has, such as NUL. */
export async function userNamed(db: Kysely<Schema>, name: string): Promise<UserRow | undefined> {
	if (!isUserName(name)) return undefined;
	const row = await db.selectFrom("users").selectAll().where("name_key", "=", nameKey(name)).executeTakeFirst();
	return row && asUser(row);
}

/** In the audit log, with the change itself. */
export async function tell(
	turn: Turn,
	{ actor, why, request }: Doer,
	action: string,
	target: string,
	detail?: Readonly<Record<string, unknown>>,
): Promise<void> {
	await appendAudit(turn, {
		actor,
		action,
		target,
		...(why !== undefined && { why }),
		...(request !== undefined && { request }),
		...(detail !== undefined && { detail }),
	});
}
