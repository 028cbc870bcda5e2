import { afterAll, beforeAll } from "vitest";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";
import { describeCatalog } from "../../contract/catalog.ts";
import { describeWaitingRoom } from "../../contract/waiting-room.ts";

describeWith("postgres", "over a real PostgreSQL", () => {
	let server: PostgresServer;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());

	async function create() {
		const location = await server.createDatabase();
		return { location, open: () => openCatalogAt(location), remove: async () => {} };
	}

	describeCatalog("PostgreSQL", create);

	describeWaitingRoom("a catalog over PostgreSQL", { durable: true }, async () => {
		const database = await create();
		let catalog = await database.open();
		return {
			room: (name) => catalog.room(name),
			reopen: async () => {
				await catalog.close();
				catalog = await database.open();
			},
			close: () => catalog.close(),
		};
	});
});
