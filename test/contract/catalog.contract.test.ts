import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { describeCatalog } from "./catalog.ts";

describeCatalog("SQLite", async () => {
	const directory = await mkdtemp(join(tmpdir(), "watchrabbit-catalog-"));
	const location = join(directory, "catalog.db");
	return {
		location,
		open: () => openCatalogAt(location),
		remove: () => rm(directory, { recursive: true }),
	};
});
