import { join } from "node:path";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { describeLedger } from "./ledger.ts";

describeLedger("SQLite", () => {
	const { path, remove } = temporaryDirectory();
	return { open: () => new SqliteLedger(join(path, "ledger.db")), dispose: () => remove() };
});
