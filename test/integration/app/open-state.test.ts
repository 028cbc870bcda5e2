import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openState } from "#app/state.ts";
import { loadSettings } from "#config/load.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describeWith("postgres", "what is opened together", () => {
	let server: PostgresServer;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());

	it("is closed together when a part of it cannot be opened: no connection and no file is left", async () => {
		const database = await server.createDatabase();
		const { path, remove } = temporaryDirectory();
		writeFileSync(join(path, "nothing.R"), "1\n");
		writeFileSync(
			join(path, "watchrabbit.yaml"),
			`catalog: ${database}
broker: { url: "amqps://127.0.0.1", tls: { ca: ./there-is-none.pem } }
sources: { plates: { watch: . } }
pipelines: { none: { from: plates, analysis: ./nothing.R } }
`,
		);
		const { settings } = await loadSettings(join(path, "watchrabbit.yaml"), {});
		await expect(openState(settings, () => {})).rejects.toThrow(/there-is-none\.pem/);
		const others = "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
		await vi.waitFor(async () => expect(await administer(database, others)).toEqual([]), { timeout: 10_000 });
		remove();
	});
});
