import { afterAll, beforeAll, expect, it } from "vitest";
import type { HealthReport } from "#observability/health-report.ts";
import { certificateFor } from "#test/support/certificates.ts";
import { createLab } from "#test/support/lab.ts";
import { eventually, type Product } from "#test/support/product.ts";
import { parsePrometheusText } from "#test/support/prometheus-text.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { type RedisServer, startRedis } from "#test/support/servers/redis.ts";
import { assertOwn, describeWith } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const dayMs = 86_400_000;

describeWith(["postgres", "redis", "faketime"], "certificates that services show", () => {
	const directory = temporaryDirectory();
	let postgres: PostgresServer;
	let redis: RedisServer;
	let lab: Product;
	beforeAll(async () => {
		const [short, long] = [certificateFor(5, directory.path, undefined, 95), certificateFor(100, directory.path)];
		postgres = await startPostgres({}, { "server.crt": short.cert, "server.key": short.key });
		const tlsPort = await freePort();
		const files = [
			"--tls-cert-file",
			long.certFile,
			"--tls-key-file",
			long.keyFile,
			"--tls-ca-cert-file",
			long.certFile,
		];
		redis = await startRedis("--tls-port", `${tlsPort}`, ...files, "--tls-auth-clients", "no");
		lab = await createLab({
			more: `catalog: { url: "${postgres.url}", tls: { ca: "${short.certFile}" } }
cache: { url: "rediss://127.0.0.1:${tlsPort}", tls: { ca: "${long.certFile}" } }
`,
		});
	});
	afterAll(async () => {
		await lab?.remove();
		await Promise.all([postgres?.stop(), redis?.stop()]);
		directory.remove();
	});

	it("are told with their end, in metrics and health, and one that ends in five days by an alert", async () => {
		assertOwn(postgres.process);
		assertOwn(redis.process);
		const up = lab.start("up");
		const address = await up.address();
		const samples = await eventually(
			async () => {
				const told = parsePrometheusText(await (await fetch(`${address}/metrics`)).text());
				const ends = told.filter(({ name }) => name === "watchrabbit_certificate_end_timestamp_seconds");
				return ends.length === 4 ? ends : undefined;
			},
			() => `all certificates are told; it says ${up.output.slice(-2_000)}`,
		);
		const days = samples.map(({ labels, value }) => [labels.service, Math.round((value * 1000 - Date.now()) / dayMs)]);
		expect(Object.fromEntries(days)).toEqual({
			"catalog ca": 5,
			"catalog server": 5,
			"cache ca": 100,
			"cache server": 100,
		});

		const end = new Date(Date.now() + 5 * dayMs).toISOString().slice(0, 10);
		const { alerts, dependencies } = await eventually(
			async () => {
				const health = (await (await fetch(`${address}/health`)).json()) as HealthReport;
				const catalog = health.dependencies.find(({ name }) => name === "catalog");
				return catalog?.detail.includes("certificate") ? health : undefined;
			},
			() => "health tells what was seen at the next look",
			40_000,
		);
		const { port } = new URL(postgres.url);
		expect(dependencies).toContainEqual(
			expect.objectContaining({ detail: `PostgreSQL at 127.0.0.1:${port}/postgres; its certificate ends on ${end}` }),
		);
		const ending = alerts.filter(({ name }) => name === "WatchRabbitCertificateEnding");
		expect(ending.map(({ labels, severity }) => `${labels.service}: ${severity}`).sort()).toEqual([
			"catalog ca: warning",
			"catalog server: warning",
		]);
	}, 90_000);
});
