import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { describeCatalog } from "./catalog.ts";
import { describeWaitingRoom } from "./waiting-room.ts";

async function create() {
	const directory = await mkdtemp(join(tmpdir(), "watchrabbit-catalog-"));
	const location = join(directory, "catalog.db");
	return {
		location,
		open: () => openCatalogAt(location),
		fresh: async () => join(directory, "fresh.db"),
		remove: () => rm(directory, { recursive: true }),
	};
}

describeCatalog("SQLite", create);

describeWaitingRoom("a catalog over SQLite", { durable: true }, async () => {
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
