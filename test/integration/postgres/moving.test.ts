import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { application } from "#app/application.ts";
import { tableNames } from "#catalog/tables.ts";
import { createProgram } from "#cli/program.ts";
import { acquisition, arrival, complete, intake, plan } from "#test/support/acquisitions.ts";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";
import { paper } from "#test/support/small-lab.ts";
import { describeCatalogStore } from "../../contract/catalog-store.ts";

describeWith("postgres", "a catalog that moves", () => {
	let server: PostgresServer;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());

	async function embedded() {
		const directory = await mkdtemp(join(tmpdir(), "watchrabbit-moving-"));
		return { directory, file: join(directory, ".watchrabbit", "catalog.db") };
	}

	describeCatalogStore("SQLite to PostgreSQL", async () => {
		const { directory, file } = await embedded();
		return { from: file, to: await server.createDatabase(), remove: () => rm(directory, { recursive: true }) };
	});

	describeCatalogStore("PostgreSQL to SQLite", async () => {
		const { directory, file } = await embedded();
		return { from: await server.createDatabase(), to: file, remove: () => rm(directory, { recursive: true }) };
	});

	describe("and the commands of its lab", () => {
		async function lab() {
			const { directory, file } = await embedded();
			onTestFinished(() => rm(directory, { recursive: true }));
			const url = await server.createDatabase();
			const sources = "sources:\n  plates:\n    watch: ./plates\n";
			await writeFile(join(directory, "watchrabbit.yaml"), sources);
			await writeFile(join(directory, "facility.yaml"), `${sources}catalog: ${url}\n`);
			const run = async (...argv: string[]) => {
				const { terminal, printed } = paper(directory);
				const program = createProgram(application, terminal);
				return { exitCode: await program.run(argv), ...printed() };
			};
			const [small, large] = ["watchrabbit", "facility"].map((name) => join(directory, `${name}.yaml`)) as [
				string,
				string,
			];
			return { directory, file, url, run, small, large };
		}

		it("brings an embedded catalog to PostgreSQL, and says what came over", async () => {
			const { directory, file, url, run, small, large } = await lab();
			const plate = acquisition("a", "A");
			const from = await openCatalogAt(file);
			await from.commitIntake(intake([arrival(plate)]));
			const result = await complete(from, plan(plate).id);
			await from.close();

			expect(await run("export", "moved.ndjson", "-c", small)).toMatchObject({ exitCode: 0, stdout: "" });
			const { exitCode, stdout, stderr } = await run("import", "moved.ndjson", "-c", large);
			expect({ exitCode, stderr }).toMatchObject({
				exitCode: 0,
				stderr: expect.stringMatching(new RegExp(`^\\d+ rows in ${tableNames.length} tables`)),
			});
			expect(stdout).toMatch(/^results {2}1 {2}[0-9a-f]{64}$/m);
			const to = await openCatalogAt(url);
			expect(await to.result(result)).toMatchObject({ id: result });
			await to.close();

			const again = await run("import", "moved.ndjson", "-c", large);
			expect(again).toMatchObject({ exitCode: 1, stdout: "" });
			expect(again.stderr).toContain("CATALOG_NOT_EMPTY");
			const everything = [stdout, stderr, again.stderr, await readFile(join(directory, "moved.ndjson"), "utf8")].join();
			expect(everything).not.toContain(new URL(url).password);
		});

		it("says what is missing, and applies it", async () => {
			const { run, large } = await lab();
			expect(await run("migrate", "status", "-c", large)).toMatchObject({
				exitCode: 1,
				stdout: expect.stringMatching(/^missing {2}0001/),
			});
			expect(await run("migrate", "up", "-c", large)).toMatchObject({
				exitCode: 0,
				stdout: expect.stringMatching(/^applied {2}0001/),
			});
			expect(await run("migrate", "up", "-c", large)).toMatchObject({ exitCode: 0, stdout: "" });
			expect(await run("migrate", "status", "-c", large)).toMatchObject({
				exitCode: 0,
				stdout: expect.stringMatching(/^applied {2}0001/),
			});
			const { stdout } = await run("migrate", "status", "--json", "-c", large);
			expect(JSON.parse(stdout.split("\n")[0] ?? "")).toEqual({ name: "0001-catalog", applied: true });
		});

		it("is looked at by doctor, which says what is wrong and how to mend it, and no password", async () => {
			const { directory, url, run, large } = await lab();
			const well = await run("doctor", "-c", large);
			expect(well.stdout).toMatch(/PostgreSQL \d+/);
			expect(well.stdout).toContain("may make tables");
			const wrong = Object.assign(new URL(url), { password: "not-this-one" }).href;
			await writeFile(join(directory, "wrong.yaml"), `sources:\n  plates:\n    watch: ./plates\ncatalog: ${wrong}\n`);
			const ill = await run("doctor", "-c", join(directory, "wrong.yaml"));
			expect(ill).toMatchObject({ exitCode: 1 });
			expect(ill.stdout).toContain("Correct the user and the password");
			const everything = [well, ill].map(({ stdout, stderr }) => stdout + stderr).join();
			for (const secret of ["not-this-one", new URL(url).password]) expect(everything).not.toContain(secret);
		});

		it("makes no database by looking for one, and leaves no half of a file", async () => {
			const { directory, run, small } = await lab();
			const { exitCode, stderr } = await run("export", "moved.ndjson", "-c", small);
			expect({ exitCode, stderr }).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/^DATABASE_MISSING/) });
			for (const name of ["moved.ndjson", "moved.ndjson.part", ".watchrabbit"]) {
				await expect(readFile(join(directory, name))).rejects.toMatchObject({ code: "ENOENT" });
			}
		});
	});
});
