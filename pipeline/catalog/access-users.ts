import { randomUUID } from "node:crypto";
import { permanent, type WatchRabbitError } from "#core/errors.ts";
import type { Doer, Grant, NewUser, UserChange, UserRow } from "#core/ports/access-store.ts";
import { nameKey } from "#domain/access.ts";
import { forgetAttempts } from "./access-attempts.ts";
import { asUser, grantColumns, tell } from "./access-rows.ts";
import { endSessionsOf } from "./access-sessions.ts";
import type { Turn } from "./turn.ts";

export async function addUser(turn: Turn, { name, password, ...grant }: NewUser, by: Doer): Promise<UserRow> {
	return await insert(turn, { name, password: password ?? null, subject: null, grant }, by);
}

export async function knownElsewhere(
	turn: Turn,
	subject: string,
	{ name, ...grant }: Omit<NewUser, "password">,
	by: Doer,
): Promise<UserRow> {
	const known = await turn.db.selectFrom("users").selectAll().where("subject", "=", subject).executeTakeFirst();
	if (known === undefined) return await insert(turn, { name, password: null, subject, grant }, by);
	const as = { ...known, name, name_key: nameKey(name), ...grantColumns(grant) };
	if (as.name === known.name && as.role === known.role && as.projects === known.projects) return asUser(known);
	if (as.name_key !== known.name_key) await refuseTaken(turn, name);
	const { role, projects } = as;
	const renamed = { name, name_key: as.name_key };
	await turn.db
		.updateTable("users")
		.set({ ...renamed, role, projects })
		.where("id", "=", known.id)
		.execute();
	const before = { name: known.name, role: known.role, projects: known.projects };
	await tell(turn, by, "user.changed", `user:${as.name}`, { before, ...told(grant) });
	return asUser(as);
}

async function insert(
	turn: Turn,
	{ name, password, subject, grant }: { name: string; password: string | null; subject: string | null; grant: Grant },
	by: Doer,
): Promise<UserRow> {
	await refuseTaken(turn, name);
	const row = {
		id: randomUUID(),
		name,
		name_key: nameKey(name),
		...grantColumns(grant),
		password,
		subject,
		created_at: turn.now,
		disabled_at: null,
	};
	await turn.db.insertInto("users").values(row).execute();
	await tell(turn, by, "user.added", `user:${name}`, { ...told(grant), ...(subject !== null && { subject }) });
	return asUser(row);
}

async function refuseTaken(turn: Turn, name: string): Promise<void> {
	const taken = await turn.db
		.selectFrom("users")
		.select("name")
		.where("name_key", "=", nameKey(name))
		.executeTakeFirst();
	if (taken === undefined) return;
	throw permanent("USER_EXISTS", `there is a user ${taken.name} already`, {
		fix: "Take another name, or change that user: watchrabbit users role, users password.",
	});
}

/** One entry in the audit log for each thing that is changed. */
export async function changeUser(turn: Turn, name: string, change: UserChange, by: Doer): Promise<UserRow> {
	const { role, projects, password, disabled } = change;
	const key = nameKey(name);
	const row = await turn.db.selectFrom("users").selectAll().where("name_key", "=", key).executeTakeFirst();
	if (row === undefined) throw unknownUser(name);
	if (row.subject !== null && (role !== undefined || projects !== undefined)) throw saidElsewhere(row.name);
	const grant = { ...asUser(row), ...(role !== undefined && { role }), ...(projects !== undefined && { projects }) };
	const changed = {
		...grantColumns(grant),
		password: password ?? row.password,
		disabled_at: disabled === undefined ? row.disabled_at : disabled ? (row.disabled_at ?? turn.now) : null,
	};
	await turn.db.updateTable("users").set(changed).where("id", "=", row.id).execute();
	if (role !== undefined || projects !== undefined)
		await tell(turn, by, "user.role-changed", `user:${row.name}`, told(grant));
	if (password !== undefined) await tell(turn, by, "user.password-changed", `user:${row.name}`);
	if (disabled !== undefined) await tell(turn, by, disabled ? "user.disabled" : "user.enabled", `user:${row.name}`);
	if (password !== undefined || disabled === true) await endSessionsOf(turn, row.id);
	if (password !== undefined || disabled === false) await forgetAttempts(turn, key);
	return asUser({ ...row, ...changed });
}

function unknownUser(name: string): WatchRabbitError {
	return permanent("USER_UNKNOWN", `there is no user ${name}`, { fix: "See who there is: watchrabbit users list" });
}

function saidElsewhere(name: string): WatchRabbitError {
	const message = `${name} logs in elsewhere, and what he may do here is said again at each of his logins`;
	return permanent("USER_ELSEWHERE", message, {
		fix: "Change access.oidc.grants, or what a grant asks for where he logs in.",
	});
}

function told({ role, projects }: Grant) {
	return { role, projects };
}
