import { afterAll, beforeAll } from "vitest";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";
import { describeCatalog } from "../../contract/catalog.ts";
import { describeWaitingRoom } from "../../contract/waiting-room.ts";

/** As it is after its migrations. */
async function emptyCatalog(url: string): Promise<void> {
	const tables = await administer(url, "select tablename from pg_tables where schemaname = 'public'");
	const ours = tables.map(({ tablename }) => tablename).filter((name) => !/^kysely_|^writer$/.test(String(name)));
	// Triggers keep the audit log as it is.
	const statements = [
		"set session_replication_role = replica",
		"update writer set turn = 0",
		`truncate ${ours.join(", ")}`,
	];
	await administer(url, statements.join("; "));
}

describeWith("postgres", "over a real PostgreSQL", () => {
	let server: PostgresServer;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());

	/** One database, emptied after each test: making one costs more than most tests. */
	let emptied: string | undefined;
	async function create() {
		const location = emptied ?? (await server.createDatabase());
		emptied = undefined;
		return {
			location,
			open: () => openCatalogAt(location),
			fresh: () => server.createDatabase(),
			remove: async () => {
				await emptyCatalog(location);
				emptied = location;
			},
		};
	}

	describeCatalog("PostgreSQL", create, { jobs: 500, sequences: 10 });

	describeWaitingRoom("a catalog over PostgreSQL", { durable: true }, async () => {
		const database = await create();
		let catalog = await database.open();
		return {
			room: (name) => catalog.room(name),
			reopen: async () => {
				await catalog.close();
				catalog = await database.open();
			},
			close: async () => {
				await catalog.close();
				await database.remove();
			},
		};
	});
});
