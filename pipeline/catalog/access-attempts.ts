import type { Kysely } from "kysely";
import type { AttemptLimits, LoginAttempt } from "#core/ports/access-store.ts";
import { userNamed } from "./access-rows.ts";
import { appendAudit } from "./audit.ts";
import { nameHash } from "./name-column.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** Of what nobody asked for again for so long, nothing counts any more, whatever its limits are. */
const forgottenMs = 86_400_000;

type Subject = Exclude<keyof AttemptLimits, "withinMs">;

/** A time of its own for each that tries: it begins with the first attempt, and when it is over all may be made again. */
export async function attempt(turn: Turn, tried: LoginAttempt, limits: AttemptLimits): Promise<number> {
	const { db, now } = turn;
	const { withinMs } = limits;
	await db
		.deleteFrom("login_attempts")
		.where("since", "<", now - forgottenMs)
		.execute();
	const counted = [];
	for (const [of, subject] of subjectsOf(tried)) {
		const known = await db.selectFrom("login_attempts").selectAll().where("subject", "=", subject).executeTakeFirst();
		// A clock that was stepped back makes nobody wait for longer than the time itself.
		const counts = known !== undefined && known.since <= now && known.since > now - withinMs;
		counted.push({ of, row: counts ? known : { subject, attempts: 0, since: now } });
	}
	const waits = counted
		.filter(({ of, row }) => row.attempts >= limits[of])
		.map(({ row }) => row.since + withinMs - now);
	if (waits.length > 0) return Math.max(...waits);
	for (const { of, row } of counted) {
		await count(turn, { ...row, attempts: row.attempts + 1 });
		if (row.attempts + 1 === limits[of]) await tellLimited(turn, of, tried);
	}
	return 0;
}

async function count({ db }: Turn, row: Schema["login_attempts"]): Promise<void> {
	await db
		.insertInto("login_attempts")
		.values(row)
		.onConflict((conflict) => conflict.column("subject").doUpdateSet(row))
		.execute();
}

async function tellLimited(turn: Turn, of: Subject, { account, network }: LoginAttempt): Promise<void> {
	const limited = { actor: "anonymous", action: "login.limited" };
	if (of === "network") return await appendAudit(turn, { ...limited, target: `address:${network}` });
	const user = await userNamed(turn.db, account);
	const from = of === "accountFromNetwork" ? { detail: { network } } : {};
	await appendAudit(turn, { ...limited, target: `user:${user?.name ?? account}`, ...from });
}

export async function succeeded(db: Kysely<Schema>, tried: LoginAttempt): Promise<void> {
	const { account, network, accountFromNetwork } = Object.fromEntries(subjectsOf(tried)) as Record<Subject, string>;
	await db.deleteFrom("login_attempts").where("subject", "=", accountFromNetwork).execute();
	await db
		.updateTable("login_attempts")
		.set((eb) => ({ attempts: eb("attempts", "-", 1) }))
		.where("subject", "in", [account, network])
		.where("attempts", ">", 0)
		.execute();
}

/** From wherever they were made. */
export async function forgetAttempts({ db }: Turn, account: string): Promise<void> {
	const subject = accountHash(account);
	await db
		.deleteFrom("login_attempts")
		.where((eb) => eb.or([eb("subject", "=", subject), eb("subject", "like", `${subject}/%`)]))
		.execute();
}

function subjectsOf({ account, network }: LoginAttempt): readonly (readonly [Subject, string])[] {
	const [whose, where] = [accountHash(account), nameHash(`address:${network}`)];
	return [
		["accountFromNetwork", `${whose}/${where}`],
		["account", whose],
		["network", where],
	];
}

function accountHash(account: string): string {
	return nameHash(`user:${account}`);
}
