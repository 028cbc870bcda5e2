import { join } from "node:path";
import { MemoryWorkQueue } from "#connectors/memory/work-queue.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { describeWorkQueue, queueUnderTest } from "./work-queue.ts";

const embedded = { priorities: true, merges: true, leases: "timed" } as const;

describeWorkQueue("memory", { durable: false, ...embedded }, async () => ({
	open: async (clock) => new MemoryWorkQueue({ ...queueUnderTest, clock }),
	dispose: async () => {},
}));

describeWorkQueue("SQLite", { durable: true, ...embedded }, async () => {
	const { path, remove } = temporaryDirectory();
	return {
		open: async (clock) => new SqliteWorkQueue(join(path, "queue.db"), { ...queueUnderTest, clock }),
		dispose: async () => remove(),
	};
});
