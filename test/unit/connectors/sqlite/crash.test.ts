import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import { startChild } from "#test/support/child.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const never = new AbortController().signal;

/** What is kept, in order, as the next process finds it. */
const kept: Record<string, (directory: string) => Promise<string[]>> = {
	log: async (directory) => {
		const log = new SqliteEventLog(join(directory, "log.db"));
		const records = await log.open(undefined).read(1_000_000, never);
		await log.close();
		return records.map((record) => record.id);
	},
	queue: async (directory) => {
		const queue = new SqliteWorkQueue(join(directory, "queue.db"));
		const deliveries = await queue.take("p", 1_000_000, never);
		for (const delivery of deliveries) await delivery.release(0);
		await queue.close();
		return deliveries.map((delivery) => delivery.item.jobId);
	},
	ledger: async (directory) => {
		const ledger = new SqliteLedger(join(directory, "ledger.db"));
		const entries = [...ledger.entries("s")];
		for (const folder of entries.filter((entry) => entry.kind === "folder")) {
			const members = ledger.members(folder.id);
			expect(folder.stat.size).toBe(members.length);
			expect(ledger.due(1, 100, new Set()).map((unit) => unit.id)).toContain(folder.id);
		}
		ledger.close();
		const files = entries.filter((entry) => entry.kind === "member").sort((a, b) => a.id - b.id);
		return files.map((entry) => entry.path.replace(/^run\d+\//, ""));
	},
};

describe("what was acknowledged before the process was killed", () => {
	let directory: ReturnType<typeof temporaryDirectory>;

	beforeEach(() => {
		directory = temporaryDirectory();
	});

	afterEach(() => directory.remove());

	it.each(["log", "queue", "ledger"])("is kept by the %s, in order, each call whole or not at all", async (adapter) => {
		const acknowledged: number[] = [];
		for (let round = 0; round < 4; round++) {
			const child = startChild(
				new URL("./children/acknowledge.ts", import.meta.url),
				adapter,
				directory.path,
				`${round}`,
			);
			const until = 1 + Math.floor(Math.random() * 60);
			let last = -1;
			while (last < until) last = Number(await child.line());
			await child.kill();
			acknowledged.push(last);
		}
		const ids = (await kept[adapter]?.(directory.path)) as string[];
		acknowledged.forEach((last, round) => {
			const ofRound = ids.filter((id) => id.startsWith(`${round}-`));
			const calls = ofRound.length / 2;
			expect(calls).toBeGreaterThan(last);
			expect(ofRound).toEqual(Array.from({ length: calls }, (_, n) => [`${round}-${n}a`, `${round}-${n}b`]).flat());
		});
	});
});
