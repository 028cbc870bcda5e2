import { rmSync } from "node:fs";
import { join } from "node:path";
import { MemoryEventLog } from "#connectors/memory/event-log.ts";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { describeEventLog } from "./event-log.ts";

const retentionMs = 60_000;

describeEventLog("memory", { durable: false, trims: true }, async () => ({
	open: async (clock) => new MemoryEventLog({ clock, retentionMs }),
	lose: async () => {},
	dispose: async () => {},
}));

describeEventLog("SQLite", { durable: true, trims: true }, async () => {
	const { path, remove } = temporaryDirectory();
	return {
		open: async (clock) => new SqliteEventLog(join(path, "log.db"), { clock, retentionMs }),
		lose: async () => {
			for (const file of ["log.db", "log.db-wal", "log.db-shm"]) rmSync(join(path, file), { force: true });
		},
		dispose: async () => remove(),
	};
});
