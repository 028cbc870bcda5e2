import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WalFlush } from "#connectors/sqlite/wal-flush.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

let directory: ReturnType<typeof temporaryDirectory>;

beforeEach(() => {
	directory = temporaryDirectory();
});

afterEach(() => directory.remove());

it("a flush of a log that is not there fails, and is tried again by the next who asks; close leaves nothing open", async () => {
	const flush = new WalFlush(join(directory.path, "a.db"));
	await expect(flush.flushed()).rejects.toThrow("ENOENT");
	await writeFile(join(directory.path, "a.db-wal"), "log");
	await flush.flushed();
	const last = flush.flushed();
	await flush.close();
	await last;
	await flush.close();
});
