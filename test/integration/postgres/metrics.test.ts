import { afterAll, beforeAll, expect, it } from "vitest";
import { createLab } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { parsePrometheusText } from "#test/support/prometheus-text.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { assertOwn, describeWithOwn } from "#test/support/services.ts";

describeWithOwn("postgres", "metrics while PostgreSQL is away", () => {
	let server: PostgresServer;
	let lab: Product;
	let up: Running;
	let address: string;
	beforeAll(async () => {
		server = await startPostgres();
		const url = await server.createDatabase();
		lab = await createLab({ more: `catalog: "${url}"\n` });
		up = lab.start("up", "--roles", "watch,flow,serve");
		address = await up.address();
		await lab.write("data/plate.csv", "1;2;3\n");
		await told((series) => series.has("watchrabbit_jobs") && series.has("watchrabbit_files"));
	});
	afterAll(async () => {
		await lab.remove();
		await server.stop();
	});

	async function series(): Promise<ReadonlySet<string>> {
		const text = await (await fetch(`${address}/metrics`)).text();
		return new Set(parsePrometheusText(text).map(({ name }) => name));
	}

	async function told(hoped: (series: ReadonlySet<string>) => boolean): Promise<void> {
		await eventually(
			async () => (hoped(await series()) ? true : undefined),
			() => "metrics are as hoped",
			30_000,
		);
	}

	it("are told within 3 s, all but those of the catalog, and all again once it is back", async () => {
		assertOwn(server.process);
		await server.process.kill();
		const ofCatalog = ["watchrabbit_jobs", "watchrabbit_pipeline_jobs"];
		const failed = "watchrabbit_neighbour_failures_total";
		await told((names) => ofCatalog.every((name) => !names.has(name)) && names.has(failed));
		for (let i = 0; i < 3; i++) {
			const began = performance.now();
			const names = await series();
			expect(performance.now() - began).toBeLessThan(3_000);
			for (const name of ofCatalog) expect(names, name).not.toContain(name);
			for (const name of ["files", "source_up", "credits", "disk_free_bytes", "role_up", "build_info"]) {
				expect(names, name).toContain(`watchrabbit_${name}`);
			}
		}
		await server.process.start();
		await told((names) => ofCatalog.every((name) => names.has(name)));
	});
});
