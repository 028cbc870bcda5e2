import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { openCatalog } from "#catalog/catalog.ts";
import { PgDialect } from "#connectors/postgres/dialect.ts";
import { examinePostgres } from "#connectors/postgres/examine.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";

describeWith("postgres", "a look at a PostgreSQL", () => {
	let server: PostgresServer;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());

	const told = (findings: Awaited<ReturnType<typeof examinePostgres>>) =>
		Object.fromEntries(findings.map(({ subject, state }) => [subject, state]));

	it("finds nothing wrong with a new database of a user's own, and says when it does not flush", async () => {
		const url = await server.createDatabase();
		const findings = await examinePostgres({ url });
		expect(told(findings)).toMatchObject({ database: "ok", clock: "ok", permissions: "ok", connections: "ok" });
		if (server.process !== undefined) expect(told(findings)).toMatchObject({ durability: "warning" });
		for (const { state, fix } of findings) expect(fix !== undefined).toBe(state !== "ok");
	});

	it("names the permission that is missing, with the statement that gives it", async () => {
		const url = await server.createDatabase();
		await administer(url, "create role visitor login password 'visits'");
		onTestFinished(async () => {
			await administer(url, "drop owned by visitor; drop role visitor");
		});
		const visitor = Object.assign(new URL(url), { username: "visitor", password: "visits" }).href;
		const before = await examinePostgres({ url: visitor });
		expect(told(before)).toMatchObject({ permissions: "problem" });
		const { fix = "" } = before.find(({ subject }) => subject === "permissions") ?? {};
		await administer(url, fix.replace(/^As an administrator: |\.$/g, ""));
		expect(told(await examinePostgres({ url: visitor }))).toMatchObject({ permissions: "ok" });
		await (await openCatalog(new PgDialect({ url: visitor }))).close();
	});

	it("says when there are too few connections", async () => {
		const url = await server.createDatabase();
		expect(told(await examinePostgres({ url, maxConnections: 5_000 }))).toMatchObject({ connections: "warning" });
	});

	it("says what keeps it out, and not its password", async () => {
		const url = Object.assign(new URL(server.url), { pathname: "/nowhere" }).href;
		const findings = await examinePostgres({ url });
		expect(findings).toMatchObject([{ subject: "database", state: "problem" }]);
		expect(JSON.stringify(findings)).not.toContain(new URL(url).password);
	});

	it("refuses a server that is too old, and a database that cannot keep every text", async () => {
		const old = await server.createDatabase();
		const name = new URL(old).pathname.slice(1);
		// What a server says of itself cannot be set, but hidden.
		await administer(
			old,
			`create function public.current_setting(text) returns text language sql as $$ select '14.9' $$;
			alter database ${name} set search_path = public, pg_catalog`,
		);
		await expect(openCatalog(new PgDialect({ url: old }))).rejects.toMatchObject({ code: "DATABASE_TOO_OLD" });

		await administer(
			server.url,
			"create database latin template template0 encoding latin1 locale_provider libc locale 'C'",
		);
		onTestFinished(async () => {
			await administer(server.url, "drop database latin with (force)");
		});
		const latin = Object.assign(new URL(server.url), { pathname: "/latin" }).href;
		await expect(openCatalog(new PgDialect({ url: latin }))).rejects.toMatchObject({ code: "DATABASE_ENCODING" });
	});
});
