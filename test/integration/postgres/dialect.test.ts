import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Kysely, sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { openCatalog } from "#catalog/catalog.ts";
import { PgDialect } from "#connectors/postgres/dialect.ts";
import type { PostgresOptions } from "#connectors/postgres/options.ts";
import { WatchRabbitError } from "#core/errors.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { assertOwn, describeWith, itWithOwn } from "#test/support/services.ts";

describeWith("postgres", "Kysely's dialect for PostgreSQL", () => {
	let server: PostgresServer;
	let url: string;
	const opened: Kysely<Rows>[] = [];
	beforeAll(async () => {
		server = await startPostgres();
		url = await server.createDatabase();
		await administer(url, "create table numbers (id bigint primary key, value double precision)");
	});
	afterAll(() => server.stop());
	beforeEach(() => administer(url, "truncate numbers"));
	afterEach(async () => {
		await Promise.all(opened.splice(0).map((db) => db.destroy()));
		const ours = "select query from pg_stat_activity where application_name like 'watchrabbit%'";
		// The server notices a moment later that a connection was closed.
		await vi.waitFor(async () => expect(await administer(url, ours)).toEqual([]), { timeout: 5_000 });
	});

	interface Rows {
		numbers: { id: number; value: number };
	}

	function open(options: Partial<PostgresOptions> = {}): Kysely<Rows> {
		const db = new Kysely<Rows>({ dialect: new PgDialect({ url, ...options }) });
		opened.push(db);
		return db;
	}

	const one = (db: Kysely<Rows>) => sql<{ one: number }>`select 1 as one`.execute(db);

	/** What it fails with; the password must be nowhere in it, its causes and their properties included. */
	async function failure(work: () => Promise<unknown>): Promise<WatchRabbitError> {
		const error = await work().then(
			() => undefined,
			(thrown: unknown) => thrown,
		);
		if (!(error instanceof WatchRabbitError)) throw new Error(`expected one of ours: ${inspect(error)}`);
		const everything = inspect(error, { depth: 9, showHidden: true });
		for (const secret of [new URL(url).password, "not-this-one"]) expect(everything).not.toContain(secret);
		return error;
	}

	function at(changes: Partial<Pick<URL, "username" | "password" | "port" | "pathname">>): string {
		return Object.assign(new URL(url), changes).href;
	}

	it("reads 64-bit integers and doubles as numbers", async () => {
		const db = open();
		const rows = [
			{ id: Number.MAX_SAFE_INTEGER, value: 0.1 + 0.2 },
			{ id: 1, value: 5e-324 },
		];
		await db.insertInto("numbers").values(rows).execute();
		expect(await db.selectFrom("numbers").selectAll().orderBy("id", "desc").execute()).toEqual(rows);
	});

	it("says who it is, and has no more connections than it may", async () => {
		const db = open({ maxConnections: 2, applicationName: "watchrabbit flow" });
		await Promise.all(Array.from({ length: 20 }, () => sql`select pg_sleep(0.01)`.execute(db)));
		const mine = await administer(url, "select 1 from pg_stat_activity where application_name = 'watchrabbit flow'");
		expect(mine).toHaveLength(2);
	});

	it("is READ COMMITTED also where the server's default is another", async () => {
		const url = await server.createDatabase();
		await administer(
			url,
			`alter database ${new URL(url).pathname.slice(1)} set default_transaction_isolation = 'serializable'`,
		);
		const level = await open({ url })
			.transaction()
			.execute((trx) => sql`show transaction_isolation`.execute(trx));
		expect(level.rows).toEqual([{ transaction_isolation: "read committed" }]);
	});

	it.each([
		["a wrong password", { password: "not-this-one" }, "DATABASE_REFUSED", /password/],
		["an unknown user", { username: "nobody", password: "not-this-one" }, "DATABASE_REFUSED", /user/],
		["a database that is not there", { pathname: "/nowhere" }, "DATABASE_MISSING", /createdb/],
	])("%s is permanent, with the fix", async (_, changes, code, fix) => {
		const error = await failure(() => one(open({ url: at(changes) })));
		expect(error).toMatchObject({ code, class: "permanent", unusable: true });
		expect(error.fix).toMatch(fix);
	});

	it.each([["postgres://me:not-this-one@ho st/x"], ["mysql://me:not-this-one@host/x"], ["not-this-one"]])(
		"a URL that is none is refused without being repeated: %s",
		async (wrong) => {
			expect(await failure(async () => open({ url: wrong }))).toMatchObject({
				code: "DATABASE_URL",
				class: "permanent",
			});
		},
	);

	it("a missing permission is permanent, and so is a catalog that was never migrated", async () => {
		const url = await server.createDatabase();
		await administer(url, "create role reader login password 'not-this-one'");
		onTestFinished(async () => {
			await administer(url, "drop role reader");
		});
		const reader = Object.assign(new URL(url), { username: "reader", password: "not-this-one" }).href;
		expect(await failure(() => openCatalog(new PgDialect({ url: reader })))).toMatchObject({
			code: "DATABASE_PERMISSION",
			class: "permanent",
		});
		expect(await failure(() => sql`select * from jobs`.execute(open({ url })))).toMatchObject({
			code: "DATABASE_NO_CATALOG",
			class: "permanent",
		});
	});

	it("nobody listening is transient", async () => {
		const nobody = at({ port: String(await freePort()) });
		expect(await failure(() => one(open({ url: nobody })))).toMatchObject({
			code: "DATABASE_UNREACHABLE",
			class: "transient",
		});
	});

	it("a server that accepts and says nothing is transient", async () => {
		const silent = createServer((socket) => onTestFinished(() => void socket.destroy())).listen(0, "127.0.0.1");
		onTestFinished(() => void silent.close());
		await new Promise((resolve) => silent.once("listening", resolve));
		const { port } = silent.address() as { port: number };
		const error = await failure(() => one(open({ url: at({ port: String(port) }), connectTimeoutMs: 200 })));
		expect(error).toMatchObject({ code: "DATABASE_UNREACHABLE", class: "transient" });
	});

	it("a server without a connection left is transient", async () => {
		await administer(url, "create role few login connection limit 2 password 'not-this-one'");
		onTestFinished(async () => {
			await administer(url, "drop role few");
		});
		const many = open({ url: at({ username: "few", password: "not-this-one" }), maxConnections: 5 });
		const errors = await Promise.allSettled(Array.from({ length: 5 }, () => sql`select pg_sleep(0.3)`.execute(many)));
		const refused = errors.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
		expect(refused.length).toBeGreaterThan(0);
		for (const reason of refused) expect(reason).toMatchObject({ code: "DATABASE_CONNECTIONS", class: "transient" });
	});

	it("a pool without a connection free for too long is transient", async () => {
		const db = open({ maxConnections: 1, connectTimeoutMs: 100 });
		const long = sql`select pg_sleep(0.5)`.execute(db);
		expect(await failure(() => one(db))).toMatchObject({ code: "DATABASE_BUSY", class: "transient" });
		await long;
	});

	it("a statement that takes too long is ended, and the connection goes on", async () => {
		const db = open({ statementTimeoutMs: 100, maxConnections: 1 });
		const error = await failure(() => sql`select pg_sleep(5)`.execute(db));
		expect(error).toMatchObject({ code: "DATABASE_BUSY", class: "transient" });
		expect((await one(db)).rows).toEqual([{ one: 1 }]);
	});

	it("a deadlock is transient for one, and the other goes on", async () => {
		const db = open();
		await db
			.insertInto("numbers")
			.values([1, 2].map((id) => ({ id, value: 0 })))
			.execute();
		const both = Promise.withResolvers<void>();
		let waiting = 0;
		const lock = (first: number, second: number) =>
			db.transaction().execute(async (trx) => {
				const add = (id: number) => trx.updateTable("numbers").set({ value: 1 }).where("id", "=", id).execute();
				await add(first);
				waiting += 1;
				if (waiting === 2) both.resolve();
				await both.promise;
				await add(second);
			});
		const ended = await Promise.allSettled([lock(1, 2), lock(2, 1)]);
		const failed = ended.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
		expect(failed).toMatchObject([{ code: "DATABASE_BUSY", class: "transient" }]);
	});

	it("a server that may not be written now, as after a failover, is transient", async () => {
		const url = await server.createDatabase();
		await administer(url, `alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = on`);
		const error = await failure(() => sql`create table t (id int)`.execute(open({ url })));
		expect(error).toMatchObject({ code: "DATABASE_READ_ONLY", class: "transient" });
	});

	it("what breaks a constraint is a fault about the row", async () => {
		const db = open();
		const insert = () => db.insertInto("numbers").values({ id: 1, value: 1 }).execute();
		await insert();
		expect(await failure(insert)).toMatchObject({ code: "DATABASE_CONSTRAINT", class: "fault", unusable: false });
	});

	it("who writes and falls silent is ended, and the others go on", async () => {
		const db = open({ idleInTransactionMs: 200, statementTimeoutMs: 10_000 });
		await db.insertInto("numbers").values({ id: 1, value: 0 }).execute();
		const resumed = Promise.withResolvers<void>();
		const add = (trx: Kysely<Rows>) =>
			trx
				.updateTable("numbers")
				.set((eb) => ({ value: eb("value", "+", 1) }))
				.execute();
		const locked = Promise.withResolvers<void>();
		const zombie = failure(() =>
			db.transaction().execute(async (trx) => {
				await add(trx);
				locked.resolve();
				await resumed.promise;
				await add(trx);
			}),
		);
		await locked.promise;
		await add(db);
		resumed.resolve();
		expect(await zombie).toMatchObject({ code: "DATABASE_UNREACHABLE", class: "transient" });
		expect(await db.selectFrom("numbers").select("value").execute()).toEqual([{ value: 1 }]);
	});

	itWithOwn("postgres")("goes on by itself after a crash of the server", async () => {
		assertOwn(server.process);
		const db = open();
		await one(db);
		await server.process.kill();
		expect(await failure(() => one(db))).toMatchObject({ class: "transient" });
		await server.process.start();
		expect((await one(db)).rows).toEqual([{ one: 1 }]);
	});

	it("goes on by itself after its connections were ended in the middle of a transaction", async () => {
		const db = open();
		const error = await failure(() =>
			db.transaction().execute(async (trx) => {
				await one(trx);
				await administer(
					url,
					"select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'watchrabbit'",
				);
				await one(trx);
			}),
		);
		expect(error).toMatchObject({ code: "DATABASE_UNREACHABLE", class: "transient" });
		expect((await one(db)).rows).toEqual([{ one: 1 }]);
	});

	it("goes on by itself after a table was changed under its prepared statements", async () => {
		const url = await server.createDatabase();
		await administer(url, "create table numbers (id bigint primary key, value double precision)");
		const db = open({ url, maxConnections: 1 });
		const read = () => db.selectFrom("numbers").selectAll().execute();
		for (let times = 0; times < 3; times++) await read();
		await administer(url, "alter table numbers add column note text");
		expect(await failure(read)).toMatchObject({ class: "transient" });
		expect(await read()).toEqual([]);
	});

	describe("over TLS", () => {
		let directory: string;
		let secure: PostgresServer;
		const pem = (name: string) => readFileSync(join(directory, name), "utf8");
		beforeAll(async () => {
			directory = mkdtempSync(join(tmpdir(), "watchrabbit-tls-"));
			for (const name of ["server", "other"]) {
				const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
				const files = ["-keyout", `${name}.key`, "-out", `${name}.crt`];
				const san = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
				execFileSync("openssl", [...request, ...files, ...san], { cwd: directory, stdio: "ignore" });
			}
			secure = await startPostgres({}, { "server.crt": pem("server.crt"), "server.key": pem("server.key") });
		});
		afterAll(async () => {
			rmSync(directory, { recursive: true });
			await secure?.stop();
		});

		itWithOwn("postgres")("is asked for, and used", async () => {
			assertOwn(secure.process);
			const db = open({ url: secure.url, tls: { ca: pem("server.crt") } });
			const { rows } = await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db);
			expect(rows).toEqual([{ ssl: "t" }]);
		});

		itWithOwn("postgres")("a server that another authority vouches for is permanent, with the fix", async () => {
			assertOwn(secure.process);
			const error = await failure(() => one(open({ url: secure.url, tls: { ca: pem("other.crt") } })));
			expect(error).toMatchObject({ code: "DATABASE_TLS", class: "permanent" });
			expect(error.fix).toContain("certificate authority");
		});

		it("a server that does not speak it is permanent", async () => {
			const error = await failure(() => one(open({ tls: { ca: pem("server.crt") } })));
			expect(error).toMatchObject({ code: "DATABASE_TLS", class: "permanent" });
		});
	});
});
