import { join } from "node:path";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";

/** Writes batches of two into one adapter until it is killed, and says the number of each that was acknowledged. */
const [adapter, directory, round] = process.argv.slice(2) as [string, string, string];

const log = new SqliteEventLog(join(directory, "log.db"));
const queue = new SqliteWorkQueue(join(directory, "queue.db"), { bound: 1_000_000 });
const ledger = new SqliteLedger(join(directory, "ledger.db"));

const write: Record<string, (ids: readonly string[]) => Promise<void>> = {
	log: (ids) => log.append(ids.map((id) => ({ id, key: "k", body: "{}", traceparent: "00" }))),
	queue: (ids) =>
		queue.enqueue(
			"p",
			ids.map((jobId) => ({ jobId, priority: 5, traceparent: "00" })),
		),
	ledger: async (ids) =>
		ledger.observe(
			"s",
			ids.map((path) => ({
				kind: "changed",
				path: `run${round}/${path}`,
				stat: { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n },
				folder: `run${round}`,
				at: 1,
				wakeAt: 1,
			})),
		),
};

for (let n = 0; ; n++) {
	await write[adapter]?.([`${round}-${n}a`, `${round}-${n}b`]);
	process.stdout.write(`${n}\n`);
}
