import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { Database } from "#connectors/sqlite/open.ts";
import { SqliteWorkQueue } from "#connectors/sqlite/work-queue.ts";
import type { Observation } from "#core/ports/ledger.ts";
import { smallFileSystem } from "#test/support/small-file-system.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const migrations = ["CREATE TABLE t (n INTEGER)", "ALTER TABLE t ADD COLUMN m INTEGER DEFAULT 7"];

describe("opening a database", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let file: string;
	let database: Database | undefined;

	beforeEach(() => {
		directory = temporaryDirectory();
		file = join(directory.path, "made", "test.db");
	});

	afterEach(() => {
		database?.close();
		database = undefined;
		directory.remove();
	});

	const open = (options: ConstructorParameters<typeof Database>[1] = { migrations }) => {
		database?.close();
		database = new Database(file, options);
		return database;
	};
	const pragma = (name: string) => Object.values(database?.prepare(`PRAGMA ${name}`).get() ?? {})[0];

	it("makes it and its directory, with a write-ahead log that is flushed at every commit", () => {
		open();
		expect(existsSync(file)).toBe(true);
		expect(pragma("journal_mode")).toBe("wal");
		expect(pragma("synchronous")).toBe(2);
		expect(pragma("foreign_keys")).toBe(1);
		expect(pragma("busy_timeout")).toBe(10_000);
	});

	it.each([1, 2])("brings a database of version %i up to date and keeps its rows", (version) => {
		open({ migrations: migrations.slice(0, version) })
			.prepare("INSERT INTO t (n) VALUES (1)")
			.run();
		expect(open().prepare("SELECT * FROM t").all()).toEqual([{ n: 1, m: 7 }]);
		expect(pragma("user_version")).toBe(2);
	});

	it("applies no part of a migration that fails", () => {
		open({ migrations: migrations.slice(0, 1) });
		const broken = [...migrations, "CREATE TABLE u (n INTEGER)", "CREATE TABLE nonsense ("];
		expect(() => open({ migrations: broken })).toThrow(expect.objectContaining({ code: "DATABASE_FAULT" }));
		open({ migrations: migrations.slice(0, 1) });
		expect(pragma("user_version")).toBe(1);
		expect(database?.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "t" }]);
	});

	it("refuses a database of a newer version, and leaves it as it is", () => {
		open();
		const older = () => open({ migrations: migrations.slice(0, 1) });
		expect(older).toThrow(
			expect.objectContaining({ code: "DATABASE_NEWER", class: "permanent", fix: expect.any(String) }),
		);
		open();
		expect(pragma("user_version")).toBe(2);
	});

	it("can be opened by many at once although the first has to make it", async () => {
		const script = `
			const { parentPort, workerData } = require("node:worker_threads");
			import(workerData.module).then(({ Database }) => {
				const database = new Database(workerData.file, { migrations: workerData.migrations });
				database.transaction(() => database.prepare("INSERT INTO t (n) VALUES (1)").run());
				database.close();
			});`;
		const module = new URL("../../../../connectors/sqlite/open.ts", import.meta.url).href;
		const workers = Array.from(
			{ length: 8 },
			() =>
				new Worker(script, { eval: true, workerData: { module, file, migrations }, execArgv: ["--conditions=source"] }),
		);
		await Promise.all(
			workers.map(
				(worker) =>
					new Promise<void>((resolve, reject) => {
						worker.on("error", reject);
						worker.on("exit", () => resolve());
					}),
			),
		);
		expect(open().prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 8 });
	});

	it("for reading alone sees what another writes, and may not write", () => {
		const writer = open();
		const reader = new Database(file, { migrations, readOnly: true });
		writer.prepare("INSERT INTO t (n) VALUES (1)").run();
		expect(reader.prepare("SELECT n FROM t").all()).toEqual([{ n: 1 }]);
		const write = () => reader.attempt(() => reader.prepare("INSERT INTO t (n) VALUES (1)").run());
		expect(write).toThrow(expect.objectContaining({ code: "DATABASE_READ_ONLY", class: "permanent" }));
		reader.close();
	});

	it("for reading alone makes nothing and migrates nothing, and says what would", () => {
		expect(() => open({ migrations, readOnly: true })).toThrow(expect.objectContaining({ code: "DATABASE_MISSING" }));
		expect(existsSync(file)).toBe(false);
		open({ migrations: migrations.slice(0, 1) });
		expect(() => open({ migrations, readOnly: true })).toThrow(expect.objectContaining({ code: "DATABASE_OLDER" }));
	});

	it("says that a file is no database, or damaged, and what to do", () => {
		open().close();
		writeFileSync(file, "this is a text file, and a rather long one at that".repeat(100));
		const damaged = { code: "DATABASE_CORRUPT", class: "permanent", fix: expect.stringContaining("backup") };
		expect(() => open()).toThrow(expect.objectContaining(damaged));
		expect(readFileSync(file, "utf8")).toContain("this is a text file");
	});

	it("says that a file was cut short when it is read", () => {
		const writer = open();
		writer.transaction(() => {
			const insert = writer.prepare("INSERT INTO t (n) VALUES (?)");
			for (let n = 0; n < 10_000; n++) insert.run(n);
		});
		writer.close();
		truncateSync(file, 8_192);
		const read = () => {
			const cut = open();
			cut.attempt(() => cut.prepare("SELECT sum(n) FROM t").get());
		};
		expect(read).toThrow(expect.objectContaining({ code: "DATABASE_CORRUPT" }));
	});

	it("says when a directory is where the file should be", () => {
		file = directory.path;
		expect(() => open()).toThrow(expect.objectContaining({ code: "DATABASE_CANNOT_OPEN", class: "permanent" }));
	});

	it("says who is in the way when another process keeps it locked", () => {
		open();
		const holder = new DatabaseSync(file);
		holder.exec("BEGIN IMMEDIATE");
		database?.prepare("PRAGMA busy_timeout = 20").get();
		const write = () => database?.transaction(() => 1);
		expect(write).toThrow(expect.objectContaining({ code: "DATABASE_BUSY", class: "transient" }));
		holder.exec("ROLLBACK");
		expect(write()).toBe(1);
		holder.close();
	});

	it("can be closed twice, and says so when it is used after", () => {
		const closed = open();
		closed.close();
		closed.close();
		expect(() => closed.transaction(() => 1)).toThrow(expect.objectContaining({ code: "DATABASE_CLOSED" }));
	});

	it("tells what is wrong with a row from what is wrong with the database: only the latter is unusable", () => {
		const used = open({ migrations: ["CREATE TABLE t (n INTEGER NOT NULL) STRICT"] });
		const statement = used.prepare("INSERT INTO t VALUES (?)");
		const insert = (value: string | number | null) => used.transaction(() => statement.run(value));
		for (const bad of [1.5, "text", null]) {
			expect(() => insert(bad)).toThrow(expect.objectContaining({ code: "DATABASE_CONSTRAINT", unusable: false }));
		}
		expect(() => used.prepare("SELECT * FROM nowhere")).toThrow(
			expect.objectContaining({ code: "DATABASE_FAULT", unusable: true }),
		);
		used.close();
		expect(() => insert(2)).toThrow(expect.objectContaining({ code: "DATABASE_CLOSED", unusable: true }));
	});

	it("rolls a failed transaction back and works on", () => {
		const writer = open();
		const fail = () =>
			writer.transaction(() => {
				writer.prepare("INSERT INTO t (n) VALUES (1)").run();
				throw new Error("half-way");
			});
		expect(fail).toThrow("half-way");
		writer.transaction(() => writer.prepare("INSERT INTO t (n) VALUES (2)").run());
		expect(writer.prepare("SELECT n FROM t").all()).toEqual([{ n: 2 }]);
	});
});

describe("a full disk", () => {
	it("leaves ledger, log and queue as they were, and they go on once there is room", async ({ skip }) => {
		const small = smallFileSystem(4);
		if ("missing" in small) return skip(small.missing);
		const ledger = new SqliteLedger(join(small.path, "ledger.db"));
		const log = new SqliteEventLog(join(small.path, "log.db"));
		const queue = new SqliteWorkQueue(join(small.path, "queue.db"), { bound: 100_000 });
		try {
			const full = { code: "DISK_FULL", class: "transient", fix: expect.stringContaining("Make room") };
			const writes = [
				async (n: number) => ledger.observe("s", [seen(`before ${n}`)]),
				(n: number) => log.append([event(`before ${n}`)]),
				(n: number) => queue.enqueue("p", [item(`before ${n}`)]),
			];
			for (const write of writes) await write(0);
			small.fill();
			const many = <T>(make: (id: string) => T) => Array.from({ length: 5_000 }, (_, n) => make(`refused ${n}`));
			expect(() => ledger.observe("s", many(seen))).toThrow(expect.objectContaining(full));
			await expect(log.append(many(event))).rejects.toMatchObject(full);
			await expect(queue.enqueue("p", many(item))).rejects.toMatchObject(full);
			expect([...ledger.entries("s")].map((entry) => entry.path)).toEqual(["before 0"]);
			expect(await queue.depth("p")).toEqual({ waiting: 1, leased: 0 });
			small.makeRoom();
			for (const write of writes) await write(1);
			expect([...ledger.entries("s")].map((entry) => entry.path)).toEqual(["before 0", "before 1"]);
			expect((await log.open(undefined).read(10, never)).map((record) => record.id)).toEqual(["before 0", "before 1"]);
			expect(await queue.depth("p")).toEqual({ waiting: 2, leased: 0 });
		} finally {
			ledger.close();
			await Promise.all([log.close(), queue.close()]);
			small.remove();
		}
	});
});

const never = new AbortController().signal;

function seen(path: string): Observation {
	const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
	return { kind: "changed", path, stat, folder: undefined, at: 0, wakeAt: 0 };
}

function event(id: string) {
	return { id, key: "k", body: "{}", traceparent: "00" };
}

function item(jobId: string) {
	return { jobId, priority: 5, traceparent: "00" };
}
