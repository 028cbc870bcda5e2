import type { Selectable } from "kysely";
import type { Doer, Grant, UserRow } from "#core/ports/access-store.ts";
import type { AccessRole } from "#domain/access.ts";
import type { UsersTable } from "./access-schema.ts";
import { appendAudit } from "./audit.ts";
import type { Turn } from "./turn.ts";

/** What upper and lower case, and other ways to write the same letters, leave alike. */
export function nameKey(name: string): string {
	return name.normalize("NFKC").toLowerCase();
}

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
