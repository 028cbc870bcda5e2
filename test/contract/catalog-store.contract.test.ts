import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCatalogStore } from "./catalog-store.ts";

describeCatalogStore("SQLite to SQLite", async () => {
	const directory = await mkdtemp(join(tmpdir(), "watchrabbit-store-"));
	const [from, to] = ["from.db", "to.db"].map((name) => join(directory, name)) as [string, string];
	return { from, to, remove: () => rm(directory, { recursive: true }) };
});
