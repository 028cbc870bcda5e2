import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import type { Site } from "../site.ts";
import { ask } from "../walk.ts";
import type { Fault } from "./fault.ts";

const mostMsAway = 3_000;
const heldMs = 5_000;
/** Where there is time, for longer than any statement may take (30 s). */
const longestLockMs = 35_000;
const deadlockWithinMs = 30_000;

export const postgresFaults: readonly Fault[] = [
	{
		name: "postgres.restart",
		run: async ({ services }, random) => {
			await services.direct.postgres.process?.kill();
			await pause(random() * mostMsAway);
			await services.direct.postgres.process?.start();
		},
	},
	{ name: "postgres.deadlock", run: provokeDeadlock },
	{ name: "postgres.no-connections", run: (site) => eatConnections(site) },
	{
		name: "postgres.long-lock",
		run: async ({ at, outageMs }) => {
			await withClient(at.database, async (client) => {
				await client.query("BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE");
				await pause(Math.min(outageMs, longestLockMs));
				await client.query("ROLLBACK");
			});
		},
	},
];

/**
 * Somebody at the database locks rows in the other order: jobs and leases first, then, when one of us waits for them with
 * the writer's row in hand, that row. Our side is the one that is told, because the other looks for no deadlock.
 */
async function provokeDeadlock(site: Site): Promise<void> {
	const { database } = site.at;
	const before = await deadlocksIn(database);
	for (const until = Date.now() + deadlockWithinMs; (await deadlocksIn(database)) === before; ) {
		if (Date.now() > until) throw new Error("nobody could be brought into a deadlock");
		await withClient(database, async (client) => {
			await client.query("SET deadlock_timeout = '60s'; SET lock_timeout = '5s'");
			await client.query("BEGIN; SELECT FROM jobs FOR UPDATE; SELECT FROM leases FOR UPDATE");
			await pause(lookMs);
			await client.query("UPDATE writer SET turn = turn WHERE id = 1").catch(() => {});
			await client.query("ROLLBACK");
		});
		await pause(lookMs);
	}
	site.tell(`deadlocks: ${(await deadlocksIn(database)) - before}`);
}

/** What the server counts is told by a session at most once in this time. */
const lookMs = 700;

async function deadlocksIn(database: string): Promise<number> {
	const [row] = await ask(database, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
	return Number(row?.deadlocks);
}

/** Every place is taken, those of our own processes too. */
async function eatConnections({ at: { database } }: Site): Promise<void> {
	const eaten: Client[] = [];
	const eat = async () => {
		for (;;) {
			const client = new Client({ connectionString: database, application_name: "test" });
			client.on("error", () => {});
			try {
				await client.connect();
			} catch {
				return;
			}
			eaten.push(client);
		}
	};
	try {
		await eat();
		const [first] = eaten;
		const ours = "FROM pg_stat_activity WHERE application_name = 'watchrabbit'";
		for (const until = Date.now() + heldMs; Date.now() < until; await pause(500)) {
			await first?.query(`SELECT pg_terminate_backend(pid) ${ours}`);
			await eat();
		}
	} finally {
		await Promise.all(eaten.map((client) => client.end().catch(() => {})));
	}
}

async function withClient(url: string, work: (client: Client) => Promise<void>): Promise<void> {
	const client = new Client({ connectionString: url, application_name: "test" });
	client.on("error", () => {});
	await client.connect();
	try {
		await work(client);
	} finally {
		await client.end();
	}
}
