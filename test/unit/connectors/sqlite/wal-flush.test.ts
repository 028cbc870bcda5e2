import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WalFlush } from "#connectors/sqlite/wal-flush.ts";
import { TemporaryDirectory } from "#test/support/temporary-directory.ts";

let directory: TemporaryDirectory;

beforeEach(() => {
	directory = new TemporaryDirectory();
});

afterEach(() => directory.remove());

describe("a flush of the write-ahead log", () => {
	it("that is asked for while one is under way is another one, and all who ask meanwhile share it", async () => {
		await writeFile(join(directory.path, "a.db-wal"), "log");
		const flush = new WalFlush(join(directory.path, "a.db"));
		const first = flush.flushed();
		const second = flush.flushed();
		expect(second).not.toBe(first);
		expect(flush.flushed()).toBe(second);
		await second;
		expect(flush.flushed()).not.toBe(second);
		await flush.close();
	});

	it("is waited for by close, which leaves nothing open", async () => {
		await writeFile(join(directory.path, "a.db-wal"), "log");
		const flush = new WalFlush(join(directory.path, "a.db"));
		let done = false;
		const flushed = flush.flushed().then(() => {
			done = true;
		});
		await flush.close();
		expect(done).toBe(true);
		await flushed;
		await flush.close();
	});

	it("fails when the log is not there, and is tried again by the next who asks", async () => {
		const flush = new WalFlush(join(directory.path, "a.db"));
		await expect(flush.flushed()).rejects.toThrow("ENOENT");
		await writeFile(join(directory.path, "a.db-wal"), "log");
		await flush.flushed();
		await flush.close();
	});
});
