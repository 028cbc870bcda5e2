import type { KeyRow, UserRow } from "#core/ports/access-store.ts";
import { permissionsOf } from "./access.ts";
import { isoTime } from "./resources.ts";

/** As the API and the command line give them: nothing of what is secret of them. */

export function userResource({ id, name, role, projects, subject, createdAt, disabledAt }: UserRow) {
	return {
		id,
		name,
		role,
		projects,
		/** Where he says who he is: here, or where the house logs in. */
		login: subject === undefined ? ("password" as const) : ("oidc" as const),
		createdAt: isoTime(createdAt),
		disabledAt: isoTime(disabledAt),
	};
}

export function keyResource(row: KeyRow) {
	const { id, name, role, projects, permissions, createdAt, expiresAt, usedAt, revokedAt } = row;
	return {
		id,
		name,
		role,
		projects,
		permissions: permissions ?? permissionsOf[role],
		createdAt: isoTime(createdAt),
		expiresAt: isoTime(expiresAt),
		/** To the minute. */
		usedAt: isoTime(usedAt),
		revokedAt: isoTime(revokedAt),
	};
}
